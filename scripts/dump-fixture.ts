// Keeps a database as a test fixture: what a released version has written, so that later versions must migrate and read
// it. Made once per release, from a small demo:
//
//   MESHER_DATA_DIR=/tmp/fixture npm run demo -- --user demo@example.org:demo-password --events 400
//   MESHER_DATA_DIR=/tmp/fixture node scripts/dump-fixture.ts tests/fixtures/0.1.0/demo.ndjson.br
//
// The file is lines of JSON, compressed by brotli: a header (migrations, partitions, sequences), then per table a line
// with its name and a line for each row, in an order that satisfies foreign keys. tests/support/restore-fixture.ts reads
// it. Compressed payloads would be most of the file, and compress no more: only some are kept as they were written, the
// others unpacked, to be packed again in the same way (zstd, level 1). Needs no pg_dump, which the embedded PostgreSQL does not have. It holds secrets of a throw-away installation.
import fs from 'node:fs'
import path from 'node:path'
import { brotliCompressSync, constants, zstdDecompressSync } from 'node:zlib'
import pg from 'pg'
import { say } from '../launcher/console.ts'
import { parseConfig } from '#shared/schemas/config.ts'
import { listAllPartitions, listSequences, listTablesInOrder } from './backup/tables.ts'
import { connect } from './demo/connect.ts'

const PAYLOADS_AS_WRITTEN = 25
/** Left to the restoring database: a transaction number means nothing elsewhere. */
const OMITTED: Record<string, string[]> = { outbox: ['xid'] }
/** Sign-in attempts and open sessions are nobody's business later. */
const SKIPPED = new Set(['_prisma_migrations', 'session', 'rate_limit', 'lease'])

async function main(file: string): Promise<void> {
  const parsed = parseConfig(process.env)
  if (!parsed.ok) throw new Error(parsed.problems.join('\n'))
  const { url } = await connect(parsed.config, say, (close) => closers.push(close))
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  closers.push(() => client.end())
  const lines = await dump(client)
  const text = `${lines.join('\n')}\n`
  const packed = brotliCompressSync(text, {
    params: {
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_QUALITY]: 11,
    },
  })
  fs.mkdirSync(path.dirname(file), { recursive: true })
  fs.writeFileSync(file, packed)
  say(`${file}: ${Math.round(packed.length / 1024)} KiB (${Math.round(text.length / 1024)} KiB unpacked)`)
}

async function dump(client: pg.Client): Promise<string[]> {
  // One view of everything, and times that read the same everywhere.
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
  await client.query(`SET LOCAL timezone = 'UTC'`)
  const lines = [JSON.stringify(await header(client))]
  for (const { name: table } of await listTablesInOrder(client, SKIPPED)) {
    const omitted = OMITTED[table] ?? []
    const { rows } = await client.query<{ row: string }>(
      // As text: a number must not pass through JavaScript.
      `SELECT (to_jsonb(t) - $1::text[])::text AS row FROM ${pg.escapeIdentifier(table)} t ORDER BY to_jsonb(t)`,
      [omitted],
    )
    lines.push(JSON.stringify({ table, rows: rows.length }))
    for (const [i, { row }] of rows.entries())
      lines.push(table === 'event' && i >= PAYLOADS_AS_WRITTEN ? withPayloadUnpacked(row) : row)
    say(`${table}: ${rows.length}`)
  }
  await client.query('ROLLBACK')
  return lines
}

/** Edited as text for the sake of its numbers. */
const withPayloadUnpacked = (row: string): string =>
  row.replace(/"payload": "\\\\x([0-9a-f]*)"/, (_, hex: string) => {
    const json = zstdDecompressSync(Buffer.from(hex, 'hex')).toString('utf8')
    return `"unpacked_payload": ${JSON.stringify(json)}`
  })

async function header(client: pg.Client) {
  const all = async <Row extends pg.QueryResultRow>(text: string) => (await client.query<Row>(text)).rows
  return {
    format: 1,
    madeAt: new Date().toISOString(),
    migrations: (
      await all<{ migration_name: string }>(
        'SELECT migration_name FROM _prisma_migrations ORDER BY migration_name',
      )
    ).map((row) => row.migration_name),
    partitions: await listAllPartitions(client),
    sequences: await listSequences(client),
  }
}

const closers: (() => Promise<void>)[] = []
try {
  const [file] = process.argv.slice(2)
  if (!file)
    throw new Error('Which file? node scripts/dump-fixture.ts tests/fixtures/<version>/demo.ndjson.br')
  await main(file)
} catch (error) {
  console.error(error)
  process.exitCode = 1
} finally {
  for (let close = closers.pop(); close; close = closers.pop()) await close()
}
