// A database to write the demo into: the one of DATABASE_URL, the embedded one of a Mesher that runs on this data
// directory, or the embedded one started for the duration.
import fs from 'node:fs'
import path from 'node:path'
import { LauncherError } from '../../launcher/launcher-error.ts'
import { migrate } from '../../launcher/migrate.ts'
import { prepareDatabase } from '../../launcher/prepare-database.ts'
import { startOf } from '#server/runtime/process-identity.ts'
import type { Say } from '../../launcher/console.ts'
import type { Config } from '#shared/schemas/config.ts'

export interface Connection {
  url: string
  /** Whether a server is there to look at the result with. */
  served: boolean
}

/** @param onClose told as soon as there is something to close, also when a later step fails */
export async function connect(
  config: Config,
  say: Say,
  onClose: (close: () => Promise<void>) => void,
): Promise<Connection> {
  const running = config.databaseUrl ? null : runningDatabase(path.resolve(config.dataDir))
  if (running) {
    // Throws when that Mesher is older or newer than this checkout.
    await migrate(running)
    say('Mesher is running here: writing into its database')
    return { url: running, served: true }
  }
  const { url, embedded } = await prepareDatabase(config, say, {
    onEmbedded: (postgres) => onClose(() => postgres.stop()),
  })
  return { url, served: !embedded }
}

/** As the launcher that runs on this directory wrote it down (launcher/run-record.ts, postgres-cluster.ts). */
export function runningDatabase(dataDirectory: string): string | null {
  const record = readJson<{ pid: number; start: string | null; socketDirectory: string | null }>(
    path.join(dataDirectory, 'launcher.json'),
  )
  if (!record?.socketDirectory || record.start === null || startOf(record.pid) !== record.start) return null
  const passwords = readJson<{ mesher: string }>(path.join(dataDirectory, 'postgres.json'))
  if (!passwords) {
    throw new LauncherError(
      `Mesher runs on the data in ${dataDirectory}, as another account. Run this as that account.`,
    )
  }
  return `postgresql://mesher:${passwords.mesher}@localhost/mesher?host=${encodeURIComponent(record.socketDirectory)}`
}

function readJson<T>(file: string): T | null {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')) as T
  } catch {
    return null
  }
}
