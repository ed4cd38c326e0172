// What /ready hangs on, each part failing by itself: a real database that lacks a migration or a partition, one that is
// not there, a spool that takes nothing, a disk that is not there.
import os from 'node:os'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createHealth, type HealthDeps } from '#server/processes/health.ts'
import { ensurePartitions } from '#server/processes/partition-keeper.ts'
import { createPool } from '#server/storage/database.ts'
import type { CheckName } from '#shared/schemas/system-status.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'

let database: TestDatabase
let pool: pg.Pool

beforeAll(async () => {
  database = await createTestDatabase()
  pool = createPool(database.url, { name: 'test', max: 2, statementTimeoutMs: 10_000 })
  await ensurePartitions({ pool, now: () => Date.now() })
})
afterAll(async () => {
  await pool.end()
  await database.drop()
})

const look = (deps: Partial<HealthDeps> = {}) =>
  createHealth({
    db: pool,
    dataDir: os.tmpdir(),
    databaseIsHere: true,
    running: () => true,
    spoolProblem: () => null,
    diverted: () => false,
    now: () => Date.now(),
    ...deps,
  })()

async function verdict(deps: Partial<HealthDeps>) {
  const { ready, checks } = await look(deps)
  const of = (name: CheckName) => checks.find((one) => one.name === name)!.state
  return { ready, of }
}
const none = { spoolProblem: () => undefined }
const away: HealthDeps['db'] = { query: () => Promise.reject(new Error('connect ECONNREFUSED')) }

describe('OPS-01: readiness', () => {
  it('with all well, everything is checked', async () => {
    const health = await look({ migration: '20261123000000_init' })
    expect(health.ready).toBe(true)
    expect(health.checks.map(({ name, state }) => [name, state])).toEqual([
      ['database', 'ok'],
      ['migrations', 'ok'],
      ['partitions', 'ok'],
      ['spool', 'ok'],
      ['disk', 'ok'],
    ])
    expect(health.partitionsAheadDays).toBe(14)
    expect(health.disk!.totalBytes).toBeGreaterThan(health.disk!.freeBytes)
  })

  it('a database that is away is made up for by the spool, and by nothing else', async () => {
    const spooling = await verdict({ db: away, diverted: () => true })
    expect([spooling.ready, spooling.of('database'), spooling.of('migrations')]).toEqual([
      true,
      'failing',
      'off',
    ])
    expect((await verdict({ db: away, ...none })).ready).toBe(false)
    expect((await verdict({ db: away, spoolProblem: () => 'full' })).ready).toBe(false)
    // It answers, and still nothing gets in: a full disk, say.
    expect((await verdict({ diverted: () => true, spoolProblem: () => 'full' })).ready).toBe(false)
  })

  it('a spool that takes nothing is said, and no reason to turn traffic away', async () => {
    const { ready, of } = await verdict({ spoolProblem: () => 'unwritable' })
    expect([ready, of('spool')]).toEqual([true, 'failing'])
  })

  it('a missing migration and a missing partition are not ready', async () => {
    const ahead = await verdict({ migration: '29990101000000_later', ...none })
    expect([ahead.ready, ahead.of('migrations')]).toEqual([false, 'failing'])
    const later = await verdict({ now: () => Date.now() + 60 * 86_400_000, ...none })
    expect([later.ready, later.of('partitions')]).toEqual([false, 'failing'])
  })

  it('a disk that cannot be read is not checked; a process that stops is not ready', async () => {
    const { ready, of } = await verdict({ dataDir: '/nowhere/at/all' })
    expect([ready, of('disk')]).toEqual([true, 'off'])
    expect((await verdict({ running: () => false })).ready).toBe(false)
  })
})
