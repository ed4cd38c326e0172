// Limiters of two nodes on one real PostgreSQL: what all of them together admit, over the turn of a minute, under
// changed limits, and while PostgreSQL does not answer. Time is the test's.
import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createRateLimiter, type RateLimiter } from '#server/domain/ingest/rate-limiter.ts'
import { createKeyCache, type IngestKey } from '#server/domain/projects/key-cache.ts'
import { createPool, type Db } from '#server/storage/database.ts'
import { deleteOldWindows } from '#server/storage/rate-windows/delete-old-windows.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { insertProject } from '../../support/project.ts'
import { asSuperuser } from '../../support/test-postgres.ts'
import { until } from '../../support/until.ts'

const MINUTE = Date.UTC(2026, 10, 23, 12, 0)
const SECOND = 1_000

let database: TestDatabase
let pools: [pg.Pool, pg.Pool]
let now = MINUTE
beforeAll(async () => {
  database = await createTestDatabase()
  const open = (name: string) =>
    createPool(database.url, { name, max: 3, statementTimeoutMs: 10_000, probesOnly: true })
  pools = [open('a'), open('b')]
})
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.end()))
  await database.drop()
})
beforeEach(() => {
  now = MINUTE
})

const limiterOn = (db: Db, options: Partial<Parameters<typeof createRateLimiter>[1]> = {}) =>
  createRateLimiter(db, { now: () => now, ...options })

interface Limits {
  project?: number
  key?: number | null
}
/** A new project's key, as the doors get it. */
async function newKey({ project = 0, key = null }: Limits): Promise<IngestKey> {
  const made = await insertProject(pools[0])
  await pools[0].query(`update project set rate_limit_per_minute = $2 where id = $1`, [
    made.projectId,
    project,
  ])
  await pools[0].query(`update project_key set rate_limit_per_minute = $2 where project_id = $1`, [
    made.projectId,
    key,
  ])
  return (await createKeyCache(pools[0]).find(made.key))!
}
const withLimits = (key: IngestKey, limits: Limits): IngestKey => ({
  ...key,
  rateLimits: { ...key.rateLimits, ...limits },
})
const used = async ({ project: { id } }: IngestKey, keyId = 0) => {
  const { rows } = await pools[0].query<{ used: number }>(
    `select used from rate_window where project_id = $1 and key_id = $2 and minute = $3`,
    [id, keyId, new Date(Math.floor(now / 60_000) * 60_000)],
  )
  return rows[0]?.used ?? 0
}
/** Asks for events one by one until one is refused, or until there were far too many. */
async function takeAll(limiter: RateLimiter, key: IngestKey): Promise<number> {
  let admitted = 0
  const tooMany = 2 * (key.rateLimits.project + (key.rateLimits.key ?? 0))
  while (admitted < tooMany && (await limiter.admit(key, 1)) === 1) {
    admitted++
    if (admitted % 7 === 0) await new Promise(setImmediate) // others get their turn, as between requests
  }
  return admitted
}
const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0)

describe('a limit of all nodes', () => {
  test.each([1, 2, 7, 99, 100, 1_000, 6_000])(
    'two nodes under fire admit exactly %i together',
    async (limit) => {
      const key = await newKey({ project: limit })
      const nodes = pools.map((pool) => limiterOn(pool))
      const takers = Array.from({ length: 12 }, (_, i) => takeAll(nodes[i % 2]!, key))
      const counts = await Promise.all(takers)
      expect(sum(counts)).toBe(limit)
      expect(await used(key)).toBe(limit)
      expect(nodes.map((node) => node.admit(key, 1))).toEqual([0, 0])
    },
  )

  test('a node that is alone in the mesh can use all of it', async () => {
    const key = await newKey({ project: 777 })
    expect(await takeAll(limiterOn(pools[0]), key)).toBe(777)
  })

  test('an idle node keeps no more than a chunk and a half from the others', async () => {
    const key = await newKey({ project: 1_000 })
    const [idle, busy] = pools.map((pool) => limiterOn(pool)) as [RateLimiter, RateLimiter]
    expect(await idle.admit(key, 1)).toBe(1)
    const rest = await takeAll(busy, key)
    expect(rest).toBeGreaterThanOrEqual(1_000 - 30)
    expect(rest + 1 + (await takeAll(idle, key))).toBe(1_000)
  })

  test('small limits leave nothing with an idle node', async () => {
    const key = await newKey({ project: 5 })
    const [idle, busy] = pools.map((pool) => limiterOn(pool)) as [RateLimiter, RateLimiter]
    expect(await idle.admit(key, 1)).toBe(1)
    expect(await takeAll(busy, key)).toBe(4)
  })

  test('of a bulk the first so many are admitted', async () => {
    const key = await newKey({ project: 600 })
    const node = limiterOn(pools[0])
    expect(await node.admit(key, 400)).toBe(400)
    expect(await node.admit(key, 1_000)).toBe(200)
    expect(node.admit(key, 1_000)).toBe(0)
  })

  test('bulks of two nodes at once use the limit up but for a chunk and a half in the hand of each', async () => {
    const key = await newKey({ project: 2_500 })
    const nodes = pools.map((pool) => limiterOn(pool))
    const bulks = Array.from({ length: 10 }, (_, i) => nodes[i % 2]!.admit(key, 300 + i))
    const admitted = sum(await Promise.all(bulks))
    expect(admitted).toBeGreaterThanOrEqual(2_500 - 2 * 75)
    expect(admitted + sum(await Promise.all(nodes.map((node) => takeAll(node, key))))).toBe(2_500)
  })

  test('an event within the lease costs no statement, and one statement serves all that wait', async () => {
    const keys = await Promise.all(Array.from({ length: 8 }, () => newKey({ project: 6_000, key: 3_000 })))
    let statements = 0
    const counting: Db = {
      query: (...args) => {
        statements++
        return pools[0].query(...args)
      },
    }
    const node = limiterOn(counting)
    expect(sum(await Promise.all(keys.map((key) => node.admit(key, 1))))).toBe(8)
    // The first goes at once, the seven others together when its answer is there.
    expect(statements).toBe(2)
    // Each key holds 60: below 30 it asks again, in the background.
    for (let i = 0; i < 29; i++) for (const key of keys) expect(node.admit(key, 1)).toBe(1)
    expect(statements).toBe(2)
    expect(node.admit(keys[0]!, 1)).toBe(1)
    expect(node.admit(keys[0]!, 1)).toBe(1)
    expect(statements).toBe(3)
    await until(() => node.admit(keys[0]!, 40) === 40, 5_000)
  })

  test('many limits asked for by two nodes in opposite order are no deadlock', async () => {
    const keys = await Promise.all(Array.from({ length: 30 }, () => newKey({ project: 40, key: 30 })))
    const alone: boolean[] = []
    const nodes = pools.map((pool) => limiterOn(pool, { onAlone: (is) => alone.push(is) }))
    const counts = await Promise.all([
      ...keys.map((key) => takeAll(nodes[0]!, key)),
      ...[...keys].reverse().map((key) => takeAll(nodes[1]!, key)),
    ])
    expect(sum(counts)).toBe(30 * 30)
    expect(alone).toEqual([])
  })
})

describe('two limits', () => {
  test('what the key refuses is not taken from the project', async () => {
    const key = await newKey({ project: 100, key: 10 })
    const other = { ...key, id: key.id + 1_000_000, rateLimits: { project: 100, key: null } }
    const node = limiterOn(pools[0])
    expect(await node.admit(key, 40)).toBe(10)
    expect(node.refusedBy(key)).toBe('key')
    for (let i = 0; i < 500; i++) expect(await node.admit(key, 1)).toBe(0)
    expect(await takeAll(node, other)).toBe(90)
    expect(node.refusedBy(other)).toBe('project')
    expect(node.refusedBy(key)).toBe('project')
  })

  test('what the project refuses is not taken from the key', async () => {
    const key = await newKey({ project: 10, key: 100 })
    const node = limiterOn(pools[0])
    expect(await takeAll(node, key)).toBe(10)
    for (let i = 0; i < 500; i++) expect(await node.admit(key, 1)).toBe(0)
    expect(await takeAll(node, withLimits(key, { project: 0 }))).toBe(90)
  })

  test('without a limit everything is admitted at once', async () => {
    const key = await newKey({})
    const node = limiterOn(pools[0])
    expect(node.admit(key, 1_000)).toBe(1_000)
    expect(await used(key)).toBe(0)
  })

  test('a key may have a limit in a project without one', async () => {
    const key = await newKey({ key: 3 })
    const node = limiterOn(pools[0])
    expect(await node.admit(key, 5)).toBe(3)
    expect(node.refusedBy(key)).toBe('key')
    expect([await used(key), await used(key, key.id)]).toEqual([0, 3])
  })
})

describe('minutes', () => {
  test('a new minute begins with the whole limit; the refusal says when', async () => {
    const key = await newKey({ project: 50 })
    const nodes = pools.map((pool) => limiterOn(pool))
    now = MINUTE + 17.2 * SECOND
    expect(sum(await Promise.all(nodes.map((node) => takeAll(node, key))))).toBe(50)
    expect(nodes[0]!.retryAfterSeconds()).toBe(43)
    now = MINUTE + 59.999 * SECOND
    expect(nodes[0]!.admit(key, 1)).toBe(0)
    expect(nodes[0]!.retryAfterSeconds()).toBe(1)
    now = MINUTE + 60 * SECOND
    expect(nodes[0]!.retryAfterSeconds()).toBe(60)
    expect(sum(await Promise.all(nodes.map((node) => takeAll(node, key))))).toBe(50)
  })

  test('a lease of the old minute is worth nothing in the new one, even when it comes late', async () => {
    const key = await newKey({ project: 50 })
    const node = limiterOn(pools[0])
    const late = node.admit(key, 30) // asks for the minute that ends now
    now += 60 * SECOND
    expect(await late).toBe(30)
    expect(await used(key)).toBe(30)
    expect(await takeAll(node, key)).toBe(20)
  })

  test('a clock that is put back across the minute does not open it again', async () => {
    const key = await newKey({ project: 50 })
    const node = limiterOn(pools[0])
    expect(await takeAll(node, key)).toBe(50)
    now += 60 * SECOND
    expect(await node.admit(key, 10)).toBe(10)
    now -= 1 * SECOND
    expect(await node.admit(key, 1)).toBe(0)
  })

  test('windows older than an hour are removed', async () => {
    const key = await newKey({ project: 50 })
    const node = limiterOn(pools[0])
    for (const ageMinutes of [180, 61, 30, 0]) {
      now = Date.now() - ageMinutes * 60 * SECOND
      await node.admit(key, 1)
    }
    await deleteOldWindows(pools[0])
    const { rows } = await pools[0].query(`select minute from rate_window where project_id = $1`, [
      key.project.id,
    ])
    expect(rows).toHaveLength(2)
  })
})

describe('a changed limit', () => {
  test('lowered: no node leases any more, and none goes beyond what it held', async () => {
    const key = await newKey({ project: 1_000 })
    const nodes = pools.map((pool) => limiterOn(pool))
    for (const node of nodes) expect(await node.admit(key, 150)).toBe(150)
    const lower = withLimits(key, { project: 200 })
    const more = sum(await Promise.all(nodes.map((node) => takeAll(node, lower))))
    expect(more).toBeLessThanOrEqual(2 * 30)
    expect(await Promise.all(nodes.map((node) => node.admit(lower, 1)))).toEqual([0, 0])
  })

  test('raised: the difference is there at once', async () => {
    const key = await newKey({ project: 100 })
    const nodes = pools.map((pool) => limiterOn(pool))
    expect(sum(await Promise.all(nodes.map((node) => takeAll(node, key))))).toBe(100)
    const higher = withLimits(key, { project: 300 })
    expect(sum(await Promise.all(nodes.map((node) => takeAll(node, higher))))).toBe(200)
  })

  test('the key cache brings it', async () => {
    const made = await insertProject(pools[0])
    const cache = createKeyCache(pools[0])
    expect((await cache.find(made.key))?.rateLimits).toEqual({ project: 6_000, key: null })
    await pools[0].query(`update project set rate_limit_per_minute = 5 where id = $1`, [made.projectId])
    await pools[0].query(`update project_key set rate_limit_per_minute = 3 where project_id = $1`, [
      made.projectId,
    ])
    await cache.refresh()
    expect((await cache.find(made.key))?.rateLimits).toEqual({ project: 5, key: 3 })
  })
})

describe('PostgreSQL does not answer', () => {
  const administration = () => process.env.MESHER_TEST_SUPERUSER_URL!
  const letIn = (allowed: boolean) =>
    asSuperuser(administration(), async (client) => {
      await client.query(`alter database ${database.name} allow_connections ${allowed}`)
      if (!allowed)
        await client.query(`select pg_terminate_backend(pid) from pg_stat_activity where datname = $1`, [
          database.name,
        ])
    })

  test('away: each node counts alone against the whole limit, and books it when it is back', async () => {
    const key = await newKey({ project: 100 })
    const reached = await newKey({ project: 20 })
    const states: boolean[] = []
    const node = limiterOn(pools[0], { onAlone: (alone) => states.push(alone), askAgainMs: 50 })
    expect(await node.admit(key, 10)).toBe(10)
    expect(await limiterOn(pools[1]).admit(reached, 15)).toBe(15)
    expect(await takeAll(node, reached)).toBe(5)
    await letIn(false)
    try {
      expect(await node.admit(key, 30)).toBe(30)
      expect(states).toEqual([true])
      // From now on nobody waits, and a limit that was known to be reached stays reached.
      expect(node.admit(key, 30)).toBe(30)
      expect(node.admit(reached, 1)).toBe(0)
      expect(node.admit(key, 31)).toBe(30)
      expect(node.admit(key, 1)).toBe(0)
      now += 60 * SECOND
      expect(node.admit(key, 60)).toBe(60)
    } finally {
      await letIn(true)
    }
    await until(async () => {
      if ((await node.admit(key, 1)) !== 1) throw new Error('Refused below the limit')
      return states.length === 2
    }, 10_000)
    expect(states).toEqual([true, false])
    // What it admitted alone is the others' loss too.
    await until(async () => (await used(key)) >= 60, 5_000)
    const both = [node, limiterOn(pools[1])]
    const before = await used(key)
    const more = sum(await Promise.all(both.map((each) => takeAll(each, key))))
    expect(more).toBeLessThan(100 - 60)
    expect(more).toBeGreaterThanOrEqual(100 - before)
    expect(await used(key)).toBe(100)
  })

  test('silent: a door waits no longer than it was told to, and the late answer counts', async () => {
    const key = await newKey({ project: 100 })
    const states: boolean[] = []
    const node = limiterOn(pools[0], { onAlone: (alone) => states.push(alone), answerWithinMs: 100 })
    expect(await node.admit(key, 2)).toBe(2)
    const blocker = await pools[1].connect()
    try {
      await blocker.query('begin')
      await blocker.query(`select from rate_window where project_id = $1 for update`, [key.project.id])
      expect(await node.admit(key, 50)).toBe(50)
      expect(states).toEqual([true])
      expect(node.admit(key, 60)).toBe(48)
    } finally {
      await blocker.query('rollback')
      blocker.release()
    }
    await until(() => states.length === 2, 5_000)
    expect(await node.admit(key, 1)).toBe(0)
    await until(async () => (await used(key)) === 100, 5_000)
  })
})
