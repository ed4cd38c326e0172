// DSN keys in memory while PostgreSQL is away: what is known goes on being served, and nothing is forgotten meanwhile.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createKeyCache } from '#server/domain/projects/key-cache.ts'
import { openDatabase, type Database, type Db } from '#server/storage/database.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { insertProject } from '../../support/project.ts'
import { asSuperuser } from '../../support/test-postgres.ts'

const HOUR_MS = 3_600_000

let testDatabase: TestDatabase
let database: Database

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  database = openDatabase(testDatabase.url)
})
afterAll(async () => {
  await database?.close()
  await testDatabase?.drop()
})

/** As any outage: connections are cut, and no new one is to be had. */
async function setAway(away: boolean): Promise<void> {
  const elsewhere = new URL(testDatabase.superuserUrl)
  elsewhere.pathname = '/postgres'
  await asSuperuser(elsewhere.href, async (client) => {
    await client.query(`alter database ${testDatabase.name} allow_connections ${!away}`)
    if (away)
      await client.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [
        testDatabase.name,
      ])
  })
}

describe('the key cache', () => {
  it('RESIL-01: serves what it knows while PostgreSQL is away, however long, and learns again afterwards', async () => {
    let now = 0
    const keys = createKeyCache(database.write, () => now)
    const [used, other] = [await insertProject(database.write), await insertProject(database.write)]
    expect(await keys.find(used.key)).toMatchObject({ active: true, project: { id: used.projectId } })

    await setAway(true)
    await expect(keys.refresh()).rejects.toThrow()
    now += HOUR_MS
    await expect(keys.refresh()).rejects.toThrow()
    expect(await keys.find(used.key)).toMatchObject({ project: { id: used.projectId } })
    await expect(Promise.resolve(keys.find(other.key))).rejects.toThrow()

    await setAway(false)
    await database.write.query('update project_key set active = false where public_key = $1', [used.key])
    await keys.refresh()
    expect(await keys.find(used.key)).toMatchObject({ active: false })
    expect(await keys.find(other.key)).toMatchObject({ project: { id: other.projectId } })
    now += HOUR_MS
    await keys.refresh()
    expect(keys.size).toBe(0)
  })

  it('RESIL-01: does not wait for ever for a key it does not know', async () => {
    const silent: Db = { query: () => new Promise<never>(() => {}) }
    await expect(createKeyCache(silent).find('0'.repeat(32))).rejects.toMatchObject({ code: 'unavailable' })
  })
})
