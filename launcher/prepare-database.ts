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

export interface PreparedDatabase {
  url: string
  /** Undefined while the database is away and the operator has set none. */
  secret: string | undefined
  firstOwnerToken: Installation['firstOwnerToken']
  /** Null when the database is ready; otherwise it is away, and this resolves when it is back and migrated. */
  later: Promise<Installation> | null
  /** Null when DATABASE_URL names a server of somebody else's. */
  embedded: EmbeddedPostgres | null
}

const OUTSIDE_PATIENCE_MS = 30_000
/** When the nodes can accept events without it. */
const SHORT_PATIENCE_MS = 2_000

export interface PrepareOptions {
  /** Ends waiting for a server or for another one's migration. */
  signal?: AbortSignal
  /** Called as soon as there is something to stop, also when a later step fails. */
  onEmbedded?(postgres: EmbeddedPostgres): void
  /** Whether nodes that start while somebody else's server is away are of use: then it is waited for beside them. */
  nodesCanStartWithout?: boolean
}

export async function prepareDatabase(
  config: Config,
  say: Say,
  { signal, onEmbedded, nodesCanStartWithout = false }: PrepareOptions = {},
): Promise<PreparedDatabase> {
  const embedded = config.databaseUrl ? null : await startEmbedded(config, say)
  if (embedded) onEmbedded?.(embedded)
  const url = embedded?.url() ?? config.databaseUrl!
  if (!embedded) {
    const patienceMs = nodesCanStartWithout ? SHORT_PATIENCE_MS : OUTSIDE_PATIENCE_MS
    try {
      await step(
        'Connecting to PostgreSQL',
        () => reach(url, say, { patienceMs, signal }),
        () => `PostgreSQL at ${addressOf(url)}`,
      )
    } catch (error) {
      if (!(nodesCanStartWithout && error instanceof Unanswered)) throw error
      say('… events are accepted meanwhile, and stored when it is back')
      const later = prepareLater(config, url, say, signal)
      later.catch(() => {}) // its end is the caller's, who may stop before
      return { url, embedded, secret: config.secret, firstOwnerToken: null, later }
    }
  }
  return { url, embedded, later: null, ...(await prepare(config, url, say, signal)) }
}

async function prepare(
  config: Config,
  url: string,
  say: Say,
  signal: AbortSignal | undefined,
): Promise<Installation> {
  await step(
    'Migrating the database',
    () => migrate(url, { onProgress: (line) => say(`… ${line}`), signal }),
    (applied) =>
      applied.length ? `Database migrated, ${plural(applied.length, 'migration')}` : 'Database up to date',
  )
  return readInstallation(url, config.secret)
}

/** Waits as long as it takes: nodes run, and what they took must get into the database. Only its state can be wrong. */
async function prepareLater(
  config: Config,
  url: string,
  say: Say,
  signal: AbortSignal | undefined,
): Promise<Installation> {
  for (;;) {
    try {
      await reach(url, say, { patienceMs: Infinity, forgiving: true, signal })
      return await prepare(config, url, say, signal)
    } catch (error) {
      if (signal?.aborted || error instanceof LauncherError) throw error
      say(`… PostgreSQL went away again: ${(error as Error).message}`)
      await sleep(1_000, undefined, { signal })
    }
  }
}

function startEmbedded(config: Config, say: Say): Promise<EmbeddedPostgres> {
  const dataDirectory = path.resolve(config.dataDir)
  return step(
    'Starting PostgreSQL',
    () => startEmbeddedPostgres({ dataDirectory, say }),
    ({ version }) => `PostgreSQL ${version}, data in ${path.join(config.dataDir, 'postgres')}`,
  )
}

class Unanswered extends LauncherError {}

interface ReachOptions {
  patienceMs: number
  /** One that does not let us in may be on its way up as well. */
  forgiving?: boolean
  signal?: AbortSignal | undefined
}

/**
 * A server that starts at the same time (a compose file) gets its while; one that refuses us is said at once.
 * @throws Unanswered when it did not within the time
 */
async function reach(
  url: string,
  say: Say,
  { patienceMs, forgiving = false, signal }: ReachOptions,
): Promise<void> {
  const deadline = Date.now() + patienceMs
  let said = false
  for (;;) {
    const client = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: Math.min(5_000, patienceMs),
    })
    client.on('error', () => {})
    try {
      await client.connect()
      await client.end()
      return
    } catch (cause) {
      const { code = '', message } = cause as Error & { code?: string }
      if (!forgiving && code.startsWith('28')) throw refused(`does not let us in: ${message}`, cause)
      if (!forgiving && code === '3D000')
        throw refused(`has no such database (${message}). Make it: CREATE DATABASE …`, cause)
      if (Date.now() > deadline)
        throw refused(`does not answer: ${message || code}. Is it running?`, cause, Unanswered)
      const until = Number.isFinite(patienceMs) ? `trying for ${patienceMs / 1_000} s` : 'waiting for it'
      if (!said) say(`… PostgreSQL at ${addressOf(url)} does not answer yet (${code || message}): ${until}`)
      said = true
    }
    await sleep(500, undefined, { signal })
  }

  function refused(what: string, cause: unknown, Kind = LauncherError) {
    return new Kind(`PostgreSQL at ${addressOf(url)} (DATABASE_URL) ${what}`, { cause })
  }
}

/** Without user and password: this is printed. */
function addressOf(url: string): string {
  if (!URL.canParse(url)) return '(address in DATABASE_URL)'
  const { host, pathname, searchParams } = new URL(url)
  return `${searchParams.get('host') ?? host}${pathname}`
}
