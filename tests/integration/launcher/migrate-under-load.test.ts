// An upgrade beside nodes at work: a released version's database is migrated, a server of this schema takes events all
// the while, and further migrations come: a column, a table, an index of the largest table. With a reader that holds on
// to that table, as a dump would.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { migrate, MIGRATIONS_DIRECTORY } from '../../../launcher/migrate.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { readFixture, restoreFixture } from '../../support/restore-fixture.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import { until } from '../../support/until.ts'

const FIXTURE = path.join(import.meta.dirname, '..', '..', 'fixtures', '0.1.0', 'demo.ndjson.br')

let database: TestDatabase
let pool: pg.Pool
let server: TestServer
let directory: string
let before: number

beforeAll(async () => {
  database = await createTestDatabase({ empty: true })
  await restoreFixture(database.url, readFixture(FIXTURE))
  await migrate(database.url)
  pool = new pg.Pool({ connectionString: database.url, max: 4 })
  await pool.query('update project set rate_limit_per_minute = 0')
  before = (await pool.query<{ n: number }>('select count(*)::int as n from event')).rows[0]!.n
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'mesher-migrations-'))
  fs.cpSync(MIGRATIONS_DIRECTORY, directory, { recursive: true })
  server = await startServer({ databaseUrl: database.url, env: { MESHER_SPOOL: 'off' } })
})
afterAll(async () => {
  await server?.stop()
  await pool?.end()
  await database?.drop()
  fs.rmSync(directory, { recursive: true, force: true })
})

function write(name: string, sql: string) {
  fs.mkdirSync(path.join(directory, name))
  fs.writeFileSync(path.join(directory, name, 'migration.sql'), sql)
}

it('OPS-04: migrations run while events come in: none is refused, none lost, and a long reader holds up nobody', async () => {
  const { rows: keys } = await pool.query<{ public_key: string }>(
    'select public_key from project_key where active order by project_id limit 1',
  )
  const answers = new Map<number, number>()
  let running = true
  const load = Array.from({ length: 6 }, async () => {
    for (let n = 0; running; n++) {
      const answer = await fetch(`${server.url}/api/v1/events`, {
        method: 'POST',
        headers: { 'x-mesher-key': keys[0]!.public_key },
        body: JSON.stringify({ message: `Load ${'abcdef'[n % 6]}`, release: `web@1.${n % 9}` }),
      })
      await answer.arrayBuffer()
      answers.set(answer.status, (answers.get(answer.status) ?? 0) + 1)
    }
  })
  const accepted = () => answers.get(202) ?? 0
  const moreAccepted = async (n: number) => {
    const from = accepted()
    await until(() => accepted() >= from + n, 30_000)
  }
  await moreAccepted(100)

  // A reader of all events that does not end: adding a column has to wait for it, and events must not wait for that.
  const reader = await pool.connect()
  await reader.query('begin')
  await reader.query('select count(*) from event')
  write('29990101000000_column', 'ALTER TABLE event ADD COLUMN upgraded text; CREATE TABLE later (n int);')
  const said: string[] = []
  const column = migrate(database.url, { directory, onProgress: (line) => said.push(line) })
  await until(() => said.some((line) => line.includes('waits for a table that others use')), 20_000)
  await moreAccepted(100)
  expect((await pool.query(`select to_regclass('later') as later`)).rows).toEqual([{ later: null }])
  await reader.query('rollback')
  reader.release()
  expect(await column).toEqual(['29990101000000_column'])
  await moreAccepted(100)

  // What a build that was cut off has left is no obstacle.
  const { rows: partitions } = await pool.query<{ name: string }>(
    `select inhrelid::regclass::text as name from pg_inherits where inhparent = 'event'::regclass order by 1`,
  )
  write(
    '29990102000000_index',
    'CREATE INDEX CONCURRENTLY IF NOT EXISTS event_release_idx ON event (project_id, release) WHERE release IS NOT NULL;\n' +
      'CREATE INDEX CONCURRENTLY IF NOT EXISTS issue_platform_idx ON issue (project_id, platform);\n' +
      'DROP INDEX CONCURRENTLY IF EXISTS issue_notable_idx;',
  )
  await pool.query(
    'create index event_release_idx on only event (project_id, release) where release is not null',
  )
  const left = `${partitions[0]!.name}_event_release_idx`.slice(0, 63)
  await pool.query(
    `create index ${left} on ${partitions[0]!.name} (project_id, release) where release is not null`,
  )
  const superuser = new pg.Client({ connectionString: database.superuserUrl })
  await superuser.connect()
  await superuser.query(`update pg_index set indisvalid = false where indexrelid = $1::regclass`, [left])
  await superuser.end()
  expect(await migrate(database.url, { directory })).toEqual(['29990102000000_index'])
  const { rows: indexes } = await pool.query(
    `select i.relname as name, x.indisvalid as valid,
            (select count(*)::int from pg_inherits where inhparent = i.oid) as parts
       from pg_index x join pg_class i on i.oid = x.indexrelid
      where i.relname in ('event_release_idx', 'issue_platform_idx', 'issue_notable_idx') order by 1`,
  )
  expect(indexes).toEqual([
    { name: 'event_release_idx', valid: true, parts: partitions.length },
    { name: 'issue_platform_idx', valid: true, parts: 0 },
  ])
  expect(await migrate(database.url, { directory })).toEqual([])

  await moreAccepted(100)
  running = false
  await Promise.all(load)
  expect([...answers.keys()]).toEqual([202])
  const { rows } = await pool.query<{ n: number }>('select count(*)::int as n from event')
  expect(rows[0]!.n).toBe(before + accepted())
  expect(await server.stop()).toBe(0)
}, 120_000)
