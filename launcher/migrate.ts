// Brings a database up to this program's schema: applies prisma/migrations/*/migration.sql in order, each in one
// transaction, under the advisory lock that the Prisma CLI takes too, and records them in Prisma's own table, so that
// the CLI understands the database and production needs neither CLI nor engine. Works on any PostgreSQL from 15.
//
// Other nodes may be at work meanwhile. A statement that needs a table to itself waits a second for it at most, because
// whoever comes after it waits too; then the migration is undone and tried again a little later. Indexes of large tables
// are migrations of their own (concurrent-index.ts).
import { createHash, randomUUID } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { buildConcurrently, isConcurrent } from './concurrent-index.ts'
import { LauncherError } from './launcher-error.ts'
import { ROOT } from './root.ts'

export const MIGRATIONS_DIRECTORY = path.join(ROOT, 'prisma', 'migrations')

export interface MigrateOptions {
  directory?: string
  onProgress?(line: string): void
  /** Ends waiting for another process's migration; a running one is finished. */
  signal?: AbortSignal
}

export interface Migration {
  name: string
  sql: string
  checksum: string
}

interface Applied {
  migration_name: string
  checksum: string
  finished_at: Date | null
}

// Prisma's own number: a `prisma migrate deploy` at the same moment waits as well.
const ADVISORY_LOCK = 72_707_369
const LOCK_PATIENCE_MS = 10 * 60_000
/** Shorter than the patience of the ingest line, which would begin to spool. */
const TABLE_LOCK_MS = 1_000
/** Lock not available, deadlock. */
const TRY_AGAIN = new Set(['55P03', '40P01'])

/** Answers the names of the migrations it applied. */
export async function migrate(connectionString: string, options: MigrateOptions = {}): Promise<string[]> {
  const { directory = MIGRATIONS_DIRECTORY, onProgress = () => {}, signal } = options
  const migrations = readMigrations(directory)
  const client = new pg.Client({ connectionString, application_name: 'mesher migrate' })
  client.on('error', () => {}) // the running query says it
  await client.connect()
  try {
    await assertUsable(client)
    await lock(client, onProgress, signal)
    await client.query(PRISMA_TABLE)
    const pending = pendingOf(migrations, await listApplied(client))
    for (const [index, migration] of pending.entries()) {
      onProgress(`migration ${index + 1} of ${pending.length}: ${migration.name}`)
      await apply(client, migration, onProgress, signal)
    }
    return pending.map(({ name }) => name)
  } finally {
    await client.end() // and with it the lock
  }
}

export function readMigrations(directory = MIGRATIONS_DIRECTORY): Migration[] {
  return fs
    .readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .toSorted()
    .map((name) => {
      const sql = fs.readFileSync(path.join(directory, name, 'migration.sql'), 'utf8')
      return { name, sql, checksum: checksumOf(sql) }
    })
}

const checksumOf = (sql: string) => createHash('sha256').update(sql).digest('hex')

const PRISMA_TABLE = `
  CREATE TABLE IF NOT EXISTS _prisma_migrations (
    id                  varchar(36) PRIMARY KEY NOT NULL,
    checksum            varchar(64) NOT NULL,
    finished_at         timestamptz,
    migration_name      varchar(255) NOT NULL,
    logs                text,
    rolled_back_at      timestamptz,
    started_at          timestamptz NOT NULL DEFAULT now(),
    applied_steps_count integer NOT NULL DEFAULT 0
  )`

async function assertUsable(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ version: string; encoding: string }>(
    `SELECT current_setting('server_version_num') AS version, current_setting('server_encoding') AS encoding`,
  )
  const { version, encoding } = rows[0]!
  if (Number(version) < 150_000) {
    throw new LauncherError(
      `Mesher needs PostgreSQL 15 or newer; this is ${Math.floor(Number(version) / 10_000)}.`,
    )
  }
  if (encoding !== 'UTF8') {
    throw new LauncherError(`Mesher needs a database with encoding UTF8; this one has ${encoding}.`)
  }
}

async function lock(
  client: pg.Client,
  onProgress: (line: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  const deadline = Date.now() + LOCK_PATIENCE_MS
  let waited = false
  for (;;) {
    const { rows } = await client.query<{ got: boolean }>('SELECT pg_try_advisory_lock($1) AS got', [
      ADVISORY_LOCK,
    ])
    if (rows[0]!.got) return
    if (!waited) onProgress('another process is migrating this database: waiting for it')
    waited = true
    if (Date.now() > deadline) {
      throw new LauncherError(
        'Another process has been migrating this database for ten minutes. Look what it does.',
      )
    }
    await sleep(200, undefined, { signal })
  }
}

async function listApplied(client: pg.Client): Promise<Applied[]> {
  const { rows } = await client.query<Applied>(
    `SELECT migration_name, checksum, finished_at FROM _prisma_migrations WHERE rolled_back_at IS NULL`,
  )
  return rows
}

function pendingOf(migrations: Migration[], applied: Applied[]): Migration[] {
  const known = new Map(migrations.map((migration) => [migration.name, migration]))
  for (const { migration_name: name, checksum, finished_at: finishedAt } of applied) {
    const migration = known.get(name)
    if (!migration) {
      throw new LauncherError(
        `The database has the migration ${name}, which this Mesher does not know: it was last used by a newer one. ` +
          'Start that version, or restore a backup made before.',
      )
    }
    if (!finishedAt) {
      throw new LauncherError(
        `The migration ${name} was begun by another tool and did not finish. Look at the database, then mark it with ` +
          `npx prisma migrate resolve --applied ${name} (or --rolled-back).`,
      )
    }
    if (migration.checksum !== checksum) {
      throw new LauncherError(
        `The migration ${name} was changed after it had been applied to this database. ` +
          'Restore its file; a change of the schema is a new migration.',
      )
    }
  }
  const done = new Set(applied.map(({ migration_name: name }) => name))
  return migrations.filter(({ name }) => !done.has(name))
}

async function apply(
  client: pg.Client,
  migration: Migration,
  onProgress: (line: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  const { name, sql } = migration
  const deadline = Date.now() + LOCK_PATIENCE_MS
  for (let tries = 1; ; tries++) {
    try {
      if (isConcurrent(sql)) {
        const startedAt = new Date()
        await buildConcurrently(client, sql, { lockMs: TABLE_LOCK_MS, onProgress })
        await record(client, migration, startedAt)
        return
      }
      await client.query('BEGIN')
      await client.query(`SET LOCAL lock_timeout = ${TABLE_LOCK_MS}`)
      await applyInTransaction(client, migration)
      await client.query('COMMIT')
      return
    } catch (error) {
      await client.query('ROLLBACK').catch(() => {})
      if (TRY_AGAIN.has((error as { code?: string }).code ?? '') && Date.now() < deadline) {
        if (tries === 1) onProgress(`${name} waits for a table that others use: trying again`)
        await sleep(Math.min(250 * 2 ** tries, 5_000), undefined, { signal })
        continue
      }
      throw new LauncherError(
        `The migration ${name} failed and was undone${placeOf(error, sql)}: ${String(error)}`,
        { cause: error },
      )
    }
  }
}

/** In the caller's transaction, on tables nobody else sees yet or may have to wait for. */
export async function applyInTransaction(client: pg.Client, migration: Migration): Promise<void> {
  const startedAt = new Date()
  const { sql } = migration
  await client.query(isConcurrent(sql) ? sql.replaceAll(/\bCONCURRENTLY\b/gi, '') : sql)
  await client.query(PRISMA_TABLE)
  await record(client, migration, startedAt)
}

async function record(client: pg.Client, { name, checksum }: Migration, startedAt: Date): Promise<void> {
  await client.query(
    `INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
     VALUES ($1, $2, $3, $4, now(), 1)`,
    [randomUUID(), checksum, name, startedAt],
  )
}

function placeOf(error: unknown, sql: string): string {
  const position = Number((error as { position?: string }).position)
  return position ? ` (line ${sql.slice(0, position).split('\n').length})` : ''
}
