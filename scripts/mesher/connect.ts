// The database the commands work on: the one of DATABASE_URL, the embedded one of a Mesher that runs on this data
// directory, or the embedded one started for the moment. Says nothing on stdout, which belongs to the answer; and,
// unlike a start, leaves the link for the first owner as it is.
import path from 'node:path'
import pg from 'pg'
import { startEmbeddedPostgres } from '../../launcher/embedded-postgres.ts'
import { LauncherError } from '../../launcher/launcher-error.ts'
import { migrate } from '../../launcher/migrate.ts'
import { runningDatabase } from '../demo/connect.ts'
import type { Config } from '#shared/schemas/config.ts'

/** @param onClose told as soon as there is something to close, also when a later step fails */
export async function connect(
  config: Config,
  onClose: (close: () => Promise<void>) => void,
): Promise<string> {
  const dataDirectory = path.resolve(config.dataDir)
  const say = (line: string) => console.error(line)
  const there = config.databaseUrl ?? runningDatabase(dataDirectory)
  if (there) {
    await assertReachable(there)
    // Throws when the database was last used by a newer Mesher.
    await migrate(there)
    return there
  }
  const embedded = await startEmbeddedPostgres({ dataDirectory, say })
  onClose(() => embedded.stop())
  await migrate(embedded.url())
  return embedded.url()
}

async function assertReachable(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.end()
  } catch (cause) {
    const { message, code } = cause as Error & { code?: string }
    throw new LauncherError(`PostgreSQL cannot be reached: ${message || code}`, { cause })
  }
}
