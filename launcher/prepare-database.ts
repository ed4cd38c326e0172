// From nothing to a database that a node can work with: the embedded PostgreSQL unless DATABASE_URL names another,
// migrated, with the installation's secret. Used by start, dev and the command-line programs.
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Config } from '#shared/schemas/config.ts'
import { plural, step, type Say } from './console.ts'
import { startEmbeddedPostgres, type EmbeddedPostgres } from './embedded-postgres.ts'
import { readInstallation, type Installation } from './installation.ts'
import { LauncherError } from './launcher-error.ts'
import { migrate } from './migrate.ts'

export interface PreparedDatabase extends Installation {
  url: string
  /** Null when DATABASE_URL names a server of somebody else's. */
  embedded: EmbeddedPostgres | null
}

const OUTSIDE_PATIENCE_MS = 30_000

export interface PrepareOptions {
  /** Ends waiting for a server or for another one's migration. */
  signal?: AbortSignal
  /** Called as soon as there is something to stop, also when a later step fails. */
  onEmbedded?(postgres: EmbeddedPostgres): void
}

export async function prepareDatabase(
  config: Config,
  say: Say,
  { signal, onEmbedded }: PrepareOptions = {},
): Promise<PreparedDatabase> {
  const embedded = config.databaseUrl ? null : await startEmbedded(config, say)
  if (embedded) onEmbedded?.(embedded)
  const url = embedded?.url() ?? config.databaseUrl!
  if (!embedded)
    await step(
      'Connecting to PostgreSQL',
      () => reach(url, say, signal),
      () => `PostgreSQL at ${addressOf(url)}`,
    )
  await step(
    'Migrating the database',
    () => migrate(url, { onProgress: (line) => say(`… ${line}`), signal }),
    (applied) =>
      applied.length ? `Database migrated, ${plural(applied.length, 'migration')}` : 'Database up to date',
  )
  return { url, embedded, ...(await readInstallation(url, config.secret)) }
}

function startEmbedded(config: Config, say: Say): Promise<EmbeddedPostgres> {
  const dataDirectory = path.resolve(config.dataDir)
  return step(
    'Starting PostgreSQL',
    () => startEmbeddedPostgres({ dataDirectory, say }),
    ({ version }) => `PostgreSQL ${version}, data in ${path.join(config.dataDir, 'postgres')}`,
  )
}

/** A server that starts at the same time (a compose file) gets its while; one that refuses us is said at once. */
async function reach(url: string, say: Say, signal?: AbortSignal): Promise<void> {
  const deadline = Date.now() + OUTSIDE_PATIENCE_MS
  let said = false
  for (;;) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
    client.on('error', () => {})
    try {
      await client.connect()
      await client.end()
      return
    } catch (cause) {
      const { code = '', message } = cause as Error & { code?: string }
      if (code.startsWith('28')) throw refused(`does not let us in: ${message}`, cause)
      if (code === '3D000')
        throw refused(`has no such database (${message}). Make it: CREATE DATABASE …`, cause)
      if (Date.now() > deadline) throw refused(`does not answer: ${message || code}. Is it running?`, cause)
      if (!said)
        say(`… PostgreSQL at ${addressOf(url)} does not answer yet (${code || message}): trying for 30 s`)
      said = true
    }
    await sleep(500, undefined, { signal })
  }

  function refused(what: string, cause: unknown) {
    return new LauncherError(`PostgreSQL at ${addressOf(url)} (DATABASE_URL) ${what}`, { cause })
  }
}

/** Without user and password: this is printed. */
function addressOf(url: string): string {
  if (!URL.canParse(url)) return '(address in DATABASE_URL)'
  const { host, pathname, searchParams } = new URL(url)
  return `${searchParams.get('host') ?? host}${pathname}`
}
