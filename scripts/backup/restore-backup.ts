// Brings a backup back: the tables as that version had them, its rows, its partitions and sequences, all in one
// transaction, so that whatever fails leaves the database as it was; then the migrations that came since. In: an address
// and a file that was verified. Nothing of Mesher may run on the database meanwhile.
import pg from 'pg'
import { applyInTransaction, migrate, readMigrations, type Migration } from '../../launcher/migrate.ts'
import { BackupRefused, openArchive, type Archive, type BackupHeader, type Totals } from './archive.ts'
import { copyIn } from './copy-stream.ts'
import { listAllPartitions, listTablesInOrder } from './tables.ts'
import { renumberTransactions } from './transaction-numbers.ts'
import { mebibytes, NOT_SAVED } from './write-backup.ts'

export interface RestoreOptions {
  url: string
  file: string
  /** Removes what is there. */
  replace: boolean
  say(line: string): void
}

export interface RestoreResult extends Totals {
  /** Applied after the rows were there. */
  migrated: string[]
}

const PROGRESS_MS = 2_000

export async function restoreBackup({ url, file, replace, say }: RestoreOptions): Promise<RestoreResult> {
  const client = new pg.Client({ connectionString: url, application_name: 'mesher restore' })
  client.on('error', () => {})
  await client.connect()
  let archive: Archive | undefined
  try {
    await assertUnused(client)
    archive = await openArchive(file)
    const migrations = migrationsOf(archive.header)
    await client.query(`SET timezone = 'UTC'`)
    await client.query('BEGIN')
    await makeRoom(client, replace)
    for (const migration of migrations) await applyInTransaction(client, migration)
    await makePartitions(client, archive.header.partitions)
    await fill(client, archive, say)
    await setSequences(client, archive.header.sequences)
    await renumberTransactions(client)
    await client.query('COMMIT')
    say('… counting what there is, for the planner')
    await client.query('ANALYZE')
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {})
    throw error
  } finally {
    archive?.close()
    await client.end()
  }
  return { ...archive.totals(), migrated: await migrate(url, { onProgress: (line) => say(`… ${line}`) }) }
}

/** Running nodes would fill and fold beside it. */
async function assertUnused(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT DISTINCT application_name AS name FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name LIKE 'mesher %'`,
  )
  if (rows.length === 0) return
  throw new BackupRefused(
    `Mesher works on this database (${rows.map(({ name }) => name).join(', ')}). Stop all its nodes first.`,
  )
}

/** The migrations of the backup, in this program's files. */
export function migrationsOf({ version, migrations }: BackupHeader): Migration[] {
  const known = new Map(readMigrations().map((migration) => [migration.name, migration]))
  return migrations
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, checksum }) => {
      const migration = known.get(name)
      if (!migration)
        throw new BackupRefused(
          `The backup was made by a newer Mesher (${version}): this one does not know its migration ${name}. ` +
            'Restore it with that version.',
        )
      if (migration.checksum !== checksum)
        throw new BackupRefused(`The migration ${name} was another one when the backup was made.`)
      return migration
    })
}

/** @throws when there is somebody's data, unless it is to be replaced */
async function makeRoom(client: pg.Client, replace: boolean): Promise<void> {
  const there = await client.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_class c
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition`,
  )
  const names = there.rows.map(({ name }) => name)
  if (names.length > 0 && !replace && !(await isUnusedInstallation(client, names)))
    throw new BackupRefused(
      'The database is not empty. Restore into an empty one, or add --replace to remove all that is there.',
    )
  if (names.length > 0)
    await client.query(`DROP TABLE ${names.map((name) => pg.escapeIdentifier(name)).join(', ')} CASCADE`)
}

/** Started once, and nobody came: nothing is lost with it. */
async function isUnusedInstallation(client: pg.Client, names: readonly string[]): Promise<boolean> {
  if (!['_prisma_migrations', 'installation', 'user', 'organization'].every((name) => names.includes(name)))
    return false
  const { rows } = await client.query<{ used: boolean }>(
    `SELECT EXISTS (SELECT FROM "user") OR EXISTS (SELECT FROM organization) AS used`,
  )
  return !rows[0]!.used
}

/** Two days or instants and nothing else: the text becomes a statement. */
const BOUND = /^FOR VALUES FROM \('[\d :+.-]+'\) TO \('[\d :+.-]+'\)$/

async function makePartitions(client: pg.Client, partitions: BackupHeader['partitions']): Promise<void> {
  const there = new Set((await listAllPartitions(client)).map(({ name }) => name))
  for (const { parent, name, bound } of partitions) {
    if (!BOUND.test(bound))
      throw new BackupRefused(`The backup has a partition that cannot be: ${name} ${bound}`)
    if (there.has(name)) continue
    await client.query(
      `CREATE TABLE ${pg.escapeIdentifier(name)} PARTITION OF ${pg.escapeIdentifier(parent)} ${bound}`,
    )
  }
}

async function fill(client: pg.Client, archive: Archive, say: (line: string) => void): Promise<void> {
  const known = new Map((await listTablesInOrder(client, NOT_SAVED)).map((table) => [table.name, table]))
  // What migrations wrote is in the backup as well.
  await client.query(
    `TRUNCATE ${[...known.keys()].map((name) => pg.escapeIdentifier(name)).join(', ')} RESTART IDENTITY`,
  )
  const indexes = await dropIndexes(client)
  let lastWord = performance.now()
  for await (const { name, columns, blocks } of archive.tables) {
    const table = known.get(name)
    const strange = table ? columns.find((column) => !table.columns.includes(column)) : name
    if (strange) throw new BackupRefused(`The backup has ${strange} in ${name}, which this schema has not.`)
    const list = columns.map((column) => pg.escapeIdentifier(column)).join(', ')
    const reported = async function* () {
      for await (const block of blocks) {
        yield block
        if (performance.now() - lastWord < PROGRESS_MS) continue
        lastWord = performance.now()
        say(`… ${name}: ${mebibytes(archive.bytesRead())} of the file read`)
      }
    }
    await copyIn(client, `COPY ${pg.escapeIdentifier(name)} (${list}) FROM STDIN`, reported())
  }
  say('… building indexes')
  for (const definition of indexes) await client.query(definition)
}

/**
 * Indexes that no constraint needs are dropped, and built when the rows are there: many times faster than row by row.
 * @returns the statements that make them again, those of partitioned tables for all partitions
 */
async function dropIndexes(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string; definition: string }>(
    `SELECT i.relname AS name, pg_get_indexdef(x.indexrelid) AS definition
       FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
      WHERE t.relnamespace = 'public'::regnamespace AND NOT i.relispartition
        AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = x.indexrelid)
      ORDER BY 1`,
  )
  if (rows.length > 0)
    await client.query(`DROP INDEX ${rows.map(({ name }) => pg.escapeIdentifier(name)).join(', ')}`)
  return rows.map(({ definition }) => definition.replace(/ ON ONLY /, ' ON '))
}

async function setSequences(client: pg.Client, sequences: BackupHeader['sequences']): Promise<void> {
  for (const { name, value } of sequences)
    await client.query('SELECT setval($1::regclass, $2)', [pg.escapeIdentifier(name), value])
}
