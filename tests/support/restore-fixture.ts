// A released version's database, as scripts/dump-fixture.ts kept it: read, and put back as that version left it.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { brotliDecompressSync, constants, zstdCompressSync } from 'node:zlib'
import pg from 'pg'
import { migrate, MIGRATIONS_DIRECTORY } from '../../launcher/migrate.ts'

export interface Fixture {
  migrations: string[]
  partitions: { parent: string; name: string; bound: string }[]
  sequences: { name: string; value: string }[]
  /** In an order that satisfies foreign keys; rows as JSON text, for their numbers' sake. */
  tables: { table: string; rows: string[] }[]
}

/** A statement's worth; an event has some kilobytes. */
const CHUNK = 100
const ZSTD = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

export function readFixture(file: string): Fixture {
  const [header, ...lines] = brotliDecompressSync(fs.readFileSync(file))
    .toString('utf8')
    .trimEnd()
    .split('\n')
  const fixture: Fixture = { ...JSON.parse(header!), tables: [] }
  for (let i = 0; i < lines.length;) {
    const { table, rows } = JSON.parse(lines[i]!) as { table: string; rows: number }
    fixture.tables.push({ table, rows: lines.slice(i + 1, i + 1 + rows).map(packPayload) })
    i += 1 + rows
  }
  return fixture
}

/** Back to what that version wrote: bytes, compressed by zstd. Edited as text for the sake of its numbers. */
const packPayload = (row: string): string =>
  row.replace(/"unpacked_payload": ("(?:[^"\\]|\\.)*")/, (_, text: string) => {
    const packed = zstdCompressSync(JSON.parse(text) as string, ZSTD)
    return `"payload": "\\\\x${packed.toString('hex')}"`
  })

/** Into an empty database: the migrations of that time and no others, its partitions, its rows, its sequences. */
export async function restoreFixture(url: string, fixture: Fixture): Promise<void> {
  await migrateTo(url, fixture.migrations)
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(`SET timezone = 'UTC'`)
    for (const { parent, name, bound } of fixture.partitions)
      await client.query(
        `CREATE TABLE ${pg.escapeIdentifier(name)} PARTITION OF ${pg.escapeIdentifier(parent)} ${bound}`,
      )
    for (const { table, rows } of fixture.tables)
      for (let i = 0; i < rows.length; i += CHUNK) await insertRows(client, table, rows.slice(i, i + CHUNK))
    for (const { name, value } of fixture.sequences)
      await client.query('SELECT setval($1::regclass, $2)', [name, value])
  } finally {
    await client.end()
  }
}

async function insertRows(client: pg.Client, table: string, rows: readonly string[]): Promise<void> {
  const name = pg.escapeIdentifier(table)
  // What the file leaves out (a transaction's number) gets its default.
  const columns = Object.keys(JSON.parse(rows[0]!) as object)
    .map((column) => pg.escapeIdentifier(column))
    .join(', ')
  await client.query(
    `INSERT INTO ${name} (${columns}) OVERRIDING SYSTEM VALUE
     SELECT ${columns} FROM jsonb_populate_recordset(NULL::${name}, $1::jsonb)`,
    [`[${rows.join(',')}]`],
  )
}

async function migrateTo(url: string, names: readonly string[]): Promise<void> {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'mesher-migrations-'))
  try {
    for (const name of names)
      fs.cpSync(path.join(MIGRATIONS_DIRECTORY, name), path.join(directory, name), { recursive: true })
    await migrate(url, { directory })
  } finally {
    fs.rmSync(directory, { recursive: true })
  }
}
