// `npm run mesher -- doctor` on an installation with one thing wrong after the other: each is found, with what to do.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { runMesher } from '../../support/mesher.ts'
import { freePort, startServer } from '../../support/server.ts'
import { asSuperuser } from '../../support/test-postgres.ts'

interface Finding {
  check: string
  state: 'ok' | 'warn' | 'bad'
  says: string
  advice?: string
}

let database: TestDatabase
let pool: pg.Pool
let dataDirectory: string

beforeAll(async () => {
  database = await createTestDatabase()
  pool = new pg.Pool({ connectionString: database.url, max: 1 })
  dataDirectory = fs.mkdtempSync(path.join(os.tmpdir(), 'mesher-doctor-'))
})
afterAll(async () => {
  await pool?.end()
  await database?.drop()
  fs.rmSync(dataDirectory, { recursive: true, force: true })
})

async function doctor(
  env: Record<string, string> = {},
): Promise<{ code: number | null; findings: Finding[] }> {
  const { code, json, stderr } = await runMesher('doctor --json', {
    env: { DATABASE_URL: database.url, MESHER_DATA_DIR: dataDirectory, PORT: '1', ...env },
  })
  expect(stderr).toBe('')
  const { ok, findings } = json as { ok: boolean; findings: Finding[] }
  expect(ok).toBe(!findings.some(({ state }) => state === 'bad'))
  expect(code).toBe(ok ? 0 : 5)
  for (const { state, advice } of findings) expect(advice !== undefined).toBe(state !== 'ok')
  return { code, findings }
}
const about = (findings: Finding[], check: string) => findings.filter((finding) => finding.check === check)

it('OPS-03: a healthy installation is well, and stays as it was', async () => {
  const port = await freePort()
  // A node makes the partitions.
  const server = await startServer({ databaseUrl: database.url, port })
  await expect
    .poll(async () => about((await doctor({ PORT: String(port) })).findings, 'partitions')[0]?.state, {
      timeout: 20_000,
    })
    .toBe('ok')
  const { findings } = await doctor({ PORT: String(port) })
  const states = Object.fromEntries(findings.map(({ check, state }) => [check, state]))
  expect(states).toMatchObject({
    'data directory': 'ok',
    memory: 'ok',
    addresses: 'ok',
    server: 'ok',
    PostgreSQL: 'ok',
    migrations: 'ok',
    partitions: 'ok',
    clock: 'ok',
    indexes: 'ok',
    transactions: 'ok',
    spool: 'ok',
  })
  await server.stop()
})

it('OPS-03: the doctor finds what is wrong with the database', async () => {
  await pool.query('create table odd (n int); create index odd_idx on odd (n)')
  await asSuperuser(database.superuserUrl, async (client) => {
    await client.query(`update pg_index set indisvalid = false where indexrelid = 'odd_idx'::regclass`)
  })
  const { rows } = await pool.query<{ name: string }>(
    `select inhrelid::regclass::text as name from pg_inherits where inhparent = 'rollup_value_hour'::regclass`,
  )
  for (const { name } of rows) await pool.query(`drop table ${name}`)
  await pool.query(`delete from _prisma_migrations where migration_name like '%_alerts'`)
  await pool.query(
    `insert into _prisma_migrations (id, checksum, migration_name, finished_at) values ('x', 'x', '29990101000000_future', now())`,
  )
  const { findings } = await doctor()
  expect(about(findings, 'indexes')).toMatchObject([{ state: 'bad', says: 'not valid: odd_idx' }])
  expect(about(findings, 'partitions')).toMatchObject([
    { state: 'bad', says: 'rollup_value_hour has none for what comes tomorrow' },
  ])
  expect(about(findings, 'migrations')).toMatchObject([
    { state: 'bad', says: expect.stringContaining('29990101000000_future') },
  ])
  await pool.query(`delete from _prisma_migrations where migration_name like '2999%'`)
  expect(about((await doctor()).findings, 'migrations')).toMatchObject([
    { state: 'warn', says: expect.stringContaining('_alerts') },
  ])
  const superuser = await doctor({ DATABASE_URL: database.superuserUrl })
  expect(about(superuser.findings, 'settings').map(({ says }) => says)).toContain(
    'Mesher connects as a superuser',
  )
  const away = await doctor({ DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/nothing' })
  expect(about(away.findings, 'PostgreSQL')).toMatchObject([
    { state: 'bad', says: expect.stringContaining('ECONNREFUSED') },
  ])
  // What is not the database's is looked at all the same.
  expect(about(away.findings, 'spool')).toHaveLength(1)
})

it('OPS-03: the doctor finds open files, waiting events and addresses that do not fit', async () => {
  const secrets = path.join(dataDirectory, 'postgres.json')
  fs.writeFileSync(secrets, '{}')
  fs.chmodSync(secrets, 0o644)
  const own = path.join(dataDirectory, 'spool', '0123', '01234567-1-0123456789ab-1')
  fs.mkdirSync(own, { recursive: true })
  fs.chmodSync(path.join(dataDirectory, 'spool'), 0o700)
  fs.writeFileSync(path.join(own, '00000001.spool'), Buffer.alloc(2 * 1024 * 1024))
  const first = await doctor({ MESHER_PUBLIC_URL: 'https://errors.example.invalid' })
  expect(about(first.findings, 'data directory')).toMatchObject([
    { state: 'bad', says: expect.stringContaining('(644)'), advice: `chmod 600 ${secrets}` },
  ])
  expect(about(first.findings, 'spool')).toMatchObject([
    { state: 'warn', says: '2.0 MiB of events wait for the database' },
  ])
  expect(about(first.findings, 'addresses')[0]).toMatchObject({
    state: 'warn',
    advice: expect.stringContaining('MESHER_TRUST_PROXY=1'),
  })
  const aside = path.join(dataDirectory, 'spool', '0123', 'aside')
  fs.mkdirSync(aside)
  fs.writeFileSync(path.join(aside, 'x.spool'), 'x')
  const second = await doctor({
    HOST: '0.0.0.0',
    MESHER_PUBLIC_URL: 'http://127.0.0.1:3000',
    MESHER_PROCESSES: '64',
  })
  expect(about(second.findings, 'spool')).toMatchObject([
    { state: 'warn', says: expect.stringContaining('1 file set aside') },
  ])
  expect(about(second.findings, 'addresses')[0]).toMatchObject({ state: 'bad' })
  expect(
    about(second.findings, 'settings')
      .map(({ says }) => says)
      .join(),
  ).toContain('max_connections is')
  const human = await runMesher('doctor', {
    env: { DATABASE_URL: database.url, MESHER_DATA_DIR: dataDirectory },
  })
  expect(human.stdout).toMatch(/^✗ data directory .* is open to other accounts \(644\)\n {17}→ chmod 600 /m)
  expect(human.stdout).toMatch(/\d+ to put right \(✗\), \d+ to know of \(!\)\.\n$/)
  expect(human.code).toBe(5)
})
