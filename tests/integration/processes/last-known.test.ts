// The keeper of what a start without PostgreSQL goes by: what it writes is what the doors read, and when it writes.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createDatabaseClock } from '#server/domain/ingest/clock.ts'
import { createKeyCache } from '#server/domain/projects/key-cache.ts'
import { lastKnownKeeper, readLastKnown } from '#server/processes/last-known.ts'
import { Shutdown } from '#server/runtime/supervisor.ts'
import { openDatabase, type Database, type Db } from '#server/storage/database.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { insertProject } from '../../support/project.ts'
import { until } from '../../support/until.ts'

let testDatabase: TestDatabase
let database: Database
let directory: string

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  database = openDatabase(testDatabase.url)
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'mesher-last-known-'))
})
afterAll(async () => {
  await database?.close()
  await testDatabase?.drop()
  fs.rmSync(directory, { recursive: true, force: true })
})

it('RESIL-01: writes only what changed, and a key read from it is the key the database has', async () => {
  const file = path.join(directory, 'spool', 'last-known.json')
  const { key } = await insertProject(database.write, { rateLimitPerMinute: 7 })
  await database.write.query(
    `update project_key set allowed_origins = '{https://shop.example.org}' where public_key = $1`,
    [key],
  )
  let asked = 0
  const db: Db = {
    query: (...question) => {
      asked++
      return database.write.query(...question)
    },
  }
  const clock = createDatabaseClock()
  const userSalt = Buffer.from('salt')
  const stop = new AbortController()
  const running = lastKnownKeeper({ db, clock, userSalt, file, everyMs: 5, log: () => {} }).start({
    signal: stop.signal,
    ready() {},
  })
  const written = () => fs.statSync(file).ino
  const roundsMore = (n: number) => {
    const target = asked + n
    return until(() => asked >= target, 5_000)
  }
  await until(() => fs.existsSync(file), 5_000)
  const first = written()
  clock.correct(3) // as a measurement that wavers
  await roundsMore(5)
  expect(written()).toBe(first)

  clock.correct(5_000)
  await until(() => written() !== first, 5_000)
  await database.write.query(`update project_key set active = false where public_key = $1`, [key])
  await until(async () => (await readLastKnown(file))!.keys[0]!.active === false, 5_000)
  stop.abort(new Shutdown('over'))
  await running
  expect(fs.readdirSync(path.dirname(file))).toEqual(['last-known.json'])

  const lastKnown = (await readLastKnown(file))!
  expect(lastKnown).toMatchObject({ userSalt, clockOffsetMs: 5_000 })
  const remembered = createKeyCache(db, undefined, { lastKnown: lastKnown.keys, mayAsk: () => false })
  const plain = (value: unknown) => JSON.parse(JSON.stringify(value))
  expect(plain(await remembered.find(key))).toEqual(plain(await createKeyCache(database.write).find(key)))
  await expect(Promise.resolve(remembered.find('0'.repeat(32)))).rejects.toMatchObject({
    code: 'unavailable',
  })
})

it('RESIL-01: a disk that cannot be written is said once, and stops nothing', async () => {
  const lines: string[] = []
  const stop = new AbortController()
  let rounds = 0
  const db: Db = {
    query: (...question) => {
      rounds++
      return database.write.query(...question)
    },
  }
  const running = lastKnownKeeper({
    db,
    clock: createDatabaseClock(),
    userSalt: Buffer.from('salt'),
    file: '/dev/null/last-known.json',
    everyMs: 5,
    log: ({ message }) => lines.push(message),
  }).start({ signal: stop.signal, ready() {} })
  await until(() => rounds > 4, 5_000)
  stop.abort(new Shutdown('over'))
  await running
  expect(lines).toHaveLength(1)
})
