// `npm start` with somebody else's PostgreSQL, which is away.
import fs from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { lastKnownFile } from '#server/runtime/last-known-file.ts'
import { endAllLaunched, launch, makeDataDirectory } from '../../support/launcher.ts'
import { startOwnPostgres, type OwnPostgres } from '../../support/own-postgres.ts'

let dataDirectory: string
let postgres: OwnPostgres

beforeEach(async () => {
  dataDirectory = makeDataDirectory()
  postgres = await startOwnPostgres()
  const file = lastKnownFile(dataDirectory, postgres.url)
  fs.mkdirSync(path.dirname(file), { recursive: true })
  fs.writeFileSync(file, '{}')
})
afterEach(async () => {
  await endAllLaunched()
  await postgres?.remove()
  fs.rmSync(dataDirectory, { recursive: true, force: true })
})

it('RESIL-01: starts the nodes, which have something to go by, and prepares the database when it is back', async () => {
  await postgres.stop()
  const launched = await launch({ dataDirectory, env: { DATABASE_URL: postgres.url } })
  await launched.until('Mesher is running')
  expect(launched.output()).toContain('events are accepted meanwhile')
  // Nobody knows it yet; the node reads it from the database.
  expect((await launched.ask()).secret).toBeUndefined()
  await postgres.start()
  await launched.until('Database up to date')
  launched.signal('SIGINT')
  expect(await launched.exited).toBe(0)
})

it('with MESHER_SPOOL=off it waits for the database first', async () => {
  await postgres.stop()
  const launched = await launch({ dataDirectory, env: { DATABASE_URL: postgres.url, MESHER_SPOOL: 'off' } })
  await launched.until('trying for 30 s')
  await postgres.start()
  await launched.until('Mesher is running')
  expect(launched.output()).not.toContain('events are accepted meanwhile')
  launched.signal('SIGINT')
  expect(await launched.exited).toBe(0)
})
