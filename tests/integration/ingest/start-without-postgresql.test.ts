// A node that starts while PostgreSQL is away: it accepts what it last knew to be right, and what it acknowledged is
// stored once when PostgreSQL is back.
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { lastKnownFile } from '#server/runtime/last-known-file.ts'
import { startOwnPostgres, type OwnPostgres } from '../../support/own-postgres.ts'
import { insertProject, type TestProject } from '../../support/project.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import { until } from '../../support/until.ts'
import { statusOf } from '../../../launcher/nodes.ts'

let postgres: OwnPostgres
let pool: pg.Pool
let project: TestProject
let dataDirectory: string
let servers: TestServer[]

beforeAll(async () => {
  postgres = await startOwnPostgres()
  pool = new pg.Pool({ connectionString: postgres.url, max: 2 })
  pool.on('error', () => {}) // an idle connection that PostgreSQL's stop ends
})
afterAll(async () => {
  await pool?.end()
  await postgres?.remove()
})
beforeEach(async () => {
  project = await insertProject(pool, { rateLimitPerMinute: 0 })
  dataDirectory = fs.mkdtempSync(path.join(os.tmpdir(), 'mesher-data-'))
  servers = []
})
afterEach(async () => {
  for (const server of servers) await server.kill('SIGKILL')
  postgres.thaw()
  if (!(await answers())) await postgres.start()
  fs.rmSync(dataDirectory, { recursive: true, force: true })
})

const answers = () =>
  pool.query('select 1').then(
    () => true,
    () => false,
  )

async function start(env: Record<string, string> = {}): Promise<TestServer> {
  const server = await startServer({
    databaseUrl: postgres.url,
    env: { MESHER_DATA_DIR: dataDirectory, ...env },
  })
  servers.push(server)
  return server
}

const file = () => lastKnownFile(dataDirectory, postgres.url)
const kept = () => JSON.parse(fs.readFileSync(file(), 'utf8'))
const keptKey = (key: string) => kept().keys.find((one: { publicKey: string }) => one.publicKey === key)

async function send(server: TestServer, key = project.key) {
  const id = randomBytes(16).toString('hex')
  const response = await fetch(`${server.url}/api/v1/events`, {
    method: 'POST',
    headers: { 'x-mesher-key': key },
    body: JSON.stringify({ event_id: id, message: 'away', user: { id: 'ada' } }),
  })
  await response.arrayBuffer()
  return { id, status: response.status, retryAfter: response.headers.get('retry-after') }
}

/** Known to the node that runs, and from it to the next. */
async function known(key: string): Promise<void> {
  await until(() => keptKey(key) !== undefined, 15_000)
}

async function expectStored(ids: readonly string[]): Promise<void> {
  await until(async () => {
    const { rows } = await pool.query(
      `select (select count(*)::int from event where project_id = $1) as stored,
              (select coalesce(sum(event_count), 0)::int from issue where project_id = $1) as counted`,
      [project.projectId],
    )
    return rows[0].stored === ids.length && rows[0].counted === ids.length
  }, 30_000)
  const { rows } = await pool.query(
    `select replace(event_id::text, '-', '') as id from event where project_id = $1`,
    [project.projectId],
  )
  expect(rows.map(({ id }) => id).toSorted()).toEqual(ids.toSorted())
}

describe('PostgreSQL is away when a node starts', () => {
  it('RESIL-01: killed with -9 and started again, it takes the events of known keys, and they are stored once', async () => {
    const [disabled, limited] = [
      await insertProject(pool),
      await insertProject(pool, { rateLimitPerMinute: 4 }),
    ]
    const first = await start()
    await known(limited.key)
    await pool.query('update project_key set active = false where public_key = $1', [disabled.key])
    await until(() => keptKey(disabled.key).active === false, 15_000)
    const ids = [(await send(first)).id]
    await postgres.stop()
    await first.kill('SIGKILL')

    const second = await start()
    expect(await statusOf(`${second.url}/api/v1/system/ready`)).toBe(200)
    const sent = await Promise.all(Array.from({ length: 20 }, () => send(second)))
    expect(sent.map(({ status }) => status)).toEqual(sent.map(() => 202))
    ids.push(...sent.map(({ id }) => id))
    // What was last known holds: a disabled key, a rate limit (of two minutes at most). Of the others nobody knows.
    expect((await send(second, disabled.key)).status).toBe(403)
    const many = await Promise.all(Array.from({ length: 12 }, () => send(second, limited.key)))
    const taken = many.filter(({ status }) => status === 202)
    expect(taken.length).toBeGreaterThanOrEqual(4)
    expect(taken.length).toBeLessThanOrEqual(8)
    expect(many.filter(({ status }) => status === 429)).toHaveLength(12 - taken.length)
    const unknown = await send(second, 'f'.repeat(32))
    expect(unknown.status).toBe(503)
    expect(Number(unknown.retryAfter)).toBeGreaterThan(0)

    // And once more: the one after it takes over its spool.
    await second.kill('SIGKILL')
    const third = await start()
    ids.push((await send(third)).id)
    await postgres.start()
    await expectStored(ids)
    // The salt was the right one: a user before and during the outage is one.
    const { rows } = await pool.query('select count(*)::int as n from group_user where project_id = $1', [
      project.projectId,
    ])
    expect(rows).toEqual([{ n: 1 }])
    expect((await send(third, 'f'.repeat(32))).status).toBe(403)
    const last = await send(third)
    expect(last.status).toBe(202)
    await expectStored([...ids, last.id])
    expect(await third.stop()).toBe(0)
  })

  it('RESIL-01: asked to stop before PostgreSQL is back, it keeps what it took and ends in good order', async () => {
    const first = await start()
    await known(project.key)
    await postgres.stop()
    await first.kill('SIGKILL')
    const second = await start()
    const { id, status } = await send(second)
    expect(status).toBe(202)
    expect(await second.stop()).toBe(0)
    await postgres.start()
    await start()
    await expectStored([id])
  })

  it('RESIL-01: frozen, it does not hold the start either', async () => {
    const first = await start()
    await known(project.key)
    await first.kill('SIGKILL')
    postgres.freeze()
    const second = await start()
    const { id, status } = await send(second)
    expect(status).toBe(202)
    postgres.thaw()
    await expectStored([id])
  })

  it('another installation at that address: nothing is stored in it, and the node begins anew', async () => {
    const first = await start()
    await known(project.key)
    await postgres.stop()
    await first.kill('SIGKILL')
    fs.writeFileSync(file(), JSON.stringify({ ...kept(), userSalt: randomBytes(32).toString('base64') }))
    const second = await start()
    expect((await send(second)).status).toBe(202)
    await postgres.start()
    expect(await second.exited).toBe(70)
    expect(fs.existsSync(file())).toBe(false)
    const third = await start()
    const { id } = await send(third)
    await expectStored([id])
  })
})

describe('the file of what was last known', () => {
  it('is for this account alone, holds keys and a salt, and no secret', async () => {
    await start()
    await known(project.key)
    expect(fs.statSync(file()).mode & 0o777).toBe(0o600)
    expect(fs.statSync(path.dirname(file())).mode & 0o777).toBe(0o700)
    expect(Object.keys(kept())).toEqual(['version', 'userSalt', 'clockOffsetMs', 'keys'])
    const { rows } = await pool.query('select secret from installation')
    expect(fs.readFileSync(file(), 'utf8')).not.toContain(rows[0].secret)
  })

  it('damaged, it is as good as none', async () => {
    fs.mkdirSync(path.dirname(file()), { recursive: true })
    fs.writeFileSync(file(), '{"version":1,"userSalt"')
    const server = await start()
    expect(server.logs()).toContain('What was last known cannot be used')
    await known(project.key)
  })

  it('MESHER_SPOOL=off removes it, and then the node is not ready while PostgreSQL is away', async () => {
    const spooling = await start()
    await known(project.key)
    await spooling.stop()
    const server = await start({ MESHER_SPOOL: 'off' })
    expect(fs.existsSync(file())).toBe(false)
    const other = await start({ MESHER_DATA_DIR: path.join(dataDirectory, 'other') })
    postgres.freeze()
    // What was found is believed for a second.
    await until(async () => (await statusOf(`${server.url}/api/v1/system/ready`)) === 503, 10_000)
    expect(await statusOf(`${other.url}/api/v1/system/ready`)).toBe(200)
  })
})
