// Saves a whole database into one file while it is being used: one snapshot of everything, streamed. In: an address; out:
// a file that restore-backup.ts brings back into any PostgreSQL from 15 on, of the same Mesher or a newer one. Needs no
// more rights than Mesher itself has, and blocks no reader and no writer: only what would remove tables waits for it.
import fs from 'node:fs'
import path from 'node:path'
import pg from 'pg'
import { BackupRefused, createArchive, FORMAT, type Totals } from './archive.ts'
import { copyOut } from './copy-stream.ts'
import { listAllPartitions, listSequences, listTablesInOrder } from './tables.ts'

export interface BackupOptions {
  url: string
  /** Of this program; kept for people. */
  version: string
  /** A new file, or a directory to make one in. */
  target: string
  say(line: string): void
}

export interface BackupResult extends Totals {
  file: string
  bytes: number
}

/** The record of migrations is the header's; restoring writes it anew. */
export const NOT_SAVED: ReadonlySet<string> = new Set(['_prisma_migrations'])
const PROGRESS_MS = 2_000

export async function writeBackup({ url, version, target, say }: BackupOptions): Promise<BackupResult> {
  const file = nameOf(target)
  const unfinished = `${file}.unfinished`
  fs.rmSync(unfinished, { force: true })
  const client = new pg.Client({ connectionString: url, application_name: 'mesher backup' })
  client.on('error', () => {}) // the running query says it
  await client.connect()
  let archive: ReturnType<typeof createArchive> | undefined
  try {
    const tables = await beginSnapshot(client)
    archive = createArchive(unfinished)
    await archive.header({
      mesher: 'backup',
      format: FORMAT,
      version,
      madeAt: new Date().toISOString(),
      ...(await readHeader(client)),
    })
    let lastWord = performance.now()
    for (const { name, columns } of tables) {
      const list = columns.map((column) => pg.escapeIdentifier(column)).join(', ')
      await archive.beginTable(name, columns)
      let rows = 0
      for await (const block of copyOut(
        client,
        `COPY (SELECT ${list} FROM ${pg.escapeIdentifier(name)}) TO STDOUT`,
      )) {
        await archive.block(block)
        rows += block.rows
        if (performance.now() - lastWord < PROGRESS_MS) continue
        lastWord = performance.now()
        say(`… ${name}: ${rows} rows, ${mebibytes(archive.bytesWritten())} written`)
      }
      await archive.endTable()
    }
    await client.query('COMMIT')
    await archive.end()
    giveName(unfinished, file)
    syncDirectory(path.dirname(file))
    return { file, bytes: fs.statSync(file).size, ...archive.totals }
  } catch (error) {
    await archive?.abandon()
    fs.rmSync(unfinished, { force: true })
    throw explained(error, file)
  } finally {
    await client.end()
  }
}

/**
 * All tables are locked against removal before the snapshot is taken, as pg_dump does it: a partition whose retention
 * ends meanwhile is still there when its turn comes.
 */
async function beginSnapshot(client: pg.Client) {
  await client.query(`SET timezone = 'UTC'`)
  const before = await listTablesInOrder(client, NOT_SAVED)
  if (!before.some(({ name }) => name === 'installation'))
    throw new BackupRefused('There is nothing to save: the database is not one of Mesher.')
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
  const names = before.map(({ name }) => pg.escapeIdentifier(name)).join(', ')
  await client.query(`LOCK TABLE ${names} IN ACCESS SHARE MODE`)
  // Again, now that it can no longer change.
  return listTablesInOrder(client, NOT_SAVED)
}

async function readHeader(client: pg.Client) {
  const { rows: migrations } = await client.query<{ name: string; checksum: string }>(
    `SELECT migration_name AS name, checksum FROM _prisma_migrations
      WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL ORDER BY 1`,
  )
  const { rows: server } = await client.query<{ version: string }>(
    `SELECT current_setting('server_version') AS version`,
  )
  return {
    postgres: server[0]!.version,
    migrations,
    partitions: await listAllPartitions(client),
    // They are no part of the snapshot: read after it was taken, they are never behind it.
    sequences: await listSequences(client),
  }
}

function nameOf(target: string): string {
  const resolved = path.resolve(target)
  const there = fs.statSync(resolved, { throwIfNoEntry: false })
  if (!there) return resolved
  if (!there.isDirectory()) throw new BackupRefused(`${resolved} is there already. Choose another name.`)
  const time = new Date().toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15)
  return path.join(resolved, `mesher-${time}.backup`)
}

/** Not over a file that appeared meanwhile: a link fails where a rename would replace. Some file systems have none. */
function giveName(unfinished: string, file: string): void {
  try {
    fs.linkSync(unfinished, file)
    fs.rmSync(unfinished)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error
    fs.renameSync(unfinished, file)
  }
}

function explained(error: unknown, file: string): unknown {
  const { code } = error as NodeJS.ErrnoException
  const reasons: Record<string, string> = {
    ENOSPC: 'the disk is full',
    ENOENT: `there is no directory ${path.dirname(file)}`,
    EACCES: `${path.dirname(file)} cannot be written`,
    EROFS: `${path.dirname(file)} cannot be written`,
    EEXIST: 'a file of that name is there already',
  }
  const reason = code && reasons[code]
  return reason ? new BackupRefused(`The backup was not written: ${reason}.`, { cause: error }) : error
}

function syncDirectory(directory: string): void {
  const handle = fs.openSync(directory, 'r')
  try {
    fs.fsyncSync(handle)
  } finally {
    fs.closeSync(handle)
  }
}

export const mebibytes = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(1)} MiB`
