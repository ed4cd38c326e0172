// PostgreSQL goes away under load: frozen, so that it just does not answer, and stopped. Events are taken all the same,
// and whatever was acknowledged is stored once when it is back, as of when it was received, whoever was killed meanwhile.
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import http from 'node:http'
import os from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { classify } from '#server/processes/writer.ts'
import { createPool, withTransaction } from '#server/storage/database.ts'
import { stamp } from '#server/domain/ingest/stamp.ts'
import { OUTCOMES } from '#shared/constants/outcomes.ts'
import type { SystemProcesses } from '#shared/schemas/system.ts'
import { startOwnPostgres, type OwnPostgres } from '../../support/own-postgres.ts'
import { insertProject, type TestProject } from '../../support/project.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import { signUp, type Session } from '../../support/session.ts'
import { onTinyDisk } from '../../support/tiny-disk.ts'
import { until } from '../../support/until.ts'

const SENDERS = 8
/** The offset of PostgreSQL's clock is measured to about this, ms. */
const CLOCK_MS = 50

let postgres: OwnPostgres
let pool: pg.Pool
let project: TestProject
let dataDirectory: string
let servers: TestServer[]
let owner: Session | undefined

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
  project = await insertProject(pool)
  await pool.query('update project set rate_limit_per_minute = 0 where id = $1', [project.projectId])
  dataDirectory = fs.mkdtempSync(path.join(os.tmpdir(), 'mesher-data-'))
  servers = []
})
afterEach(async () => {
  postgres.thaw()
  for (const server of servers) await server.kill('SIGKILL')
  fs.rmSync(dataDirectory, { recursive: true, force: true })
})

async function start(env: Record<string, string> = {}): Promise<TestServer> {
  const server = await startServer({
    databaseUrl: postgres.url,
    env: { MESHER_DATA_DIR: dataDirectory, ...env },
  })
  servers.push(server)
  return server
}

interface Sent {
  id: string
  status: number
  retryAfter: string | undefined
  sentAt: number
  answeredAt: number
}

function send(agent: http.Agent, port: number, key = project.key, message = 'away'): Promise<Sent> {
  const id = randomBytes(16).toString('hex')
  const sentAt = Date.now()
  return new Promise((resolve) => {
    const done = (status: number, retryAfter?: string) =>
      resolve({ id, status, retryAfter, sentAt, answeredAt: Date.now() })
    const request = http.request(
      {
        agent,
        port,
        host: '127.0.0.1',
        path: '/api/v1/events',
        method: 'POST',
        headers: { 'x-mesher-key': key },
      },
      (response) => {
        response.resume()
        response.on('end', () => done(response.statusCode!, response.headers['retry-after']))
        response.on('error', () => done(0))
      },
    )
    request.on('error', () => done(0))
    request.end(JSON.stringify({ event_id: id, message, user: { id: 'ada' } }))
  })
}

/** Posts without pause until it is told to stop. */
function load(port: number, message?: string) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: SENDERS })
  const sent: Sent[] = []
  let running = true
  const senders = Array.from({ length: SENDERS }, async () => {
    while (running) {
      const one = await send(agent, port, project.key, message)
      sent.push(one)
      if (one.status === 0) return
    }
  })
  return {
    sent,
    accepted: () => sent.filter(({ status }) => status === 202),
    async stop() {
      running = false
      await Promise.all(senders)
      agent.destroy()
    },
  }
}

const spooled = () => fs.existsSync(path.join(dataDirectory, 'spool')) && segments().length > 0
const segments = () =>
  fs
    .readdirSync(path.join(dataDirectory, 'spool'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.spool') && !name.includes('aside'))

/** Waits until nothing is on its way, then holds what is stored against what was acknowledged. */
async function expectEachOnce(acknowledged: readonly Sent[]): Promise<void> {
  await until(() => !spooled(), 30_000)
  await until(async () => {
    const { rows } = await pool.query(
      `select (select count(*) from event where project_id = $1) as stored,
              (select coalesce(sum(event_count), 0) from issue where project_id = $1) as counted,
              (select coalesce(sum(n), 0) from outcome_minute where project_id = $1 and outcome = $2) as verdicts`,
      [project.projectId, OUTCOMES.indexOf('stored')],
    )
    const { stored, counted, verdicts } = rows[0]!
    return stored === counted && stored === verdicts
  }, 15_000)
  const { rows } = await pool.query<{ id: string; received_at: Date; expires_on: string }>(
    `select replace(event_id::text, '-', '') as id, received_at, expires_on::text from event where project_id = $1`,
    [project.projectId],
  )
  const stored = Map.groupBy(rows, ({ id }) => id)
  expect(acknowledged.filter(({ id }) => stored.get(id)?.length !== 1)).toEqual([])
  expect(rows.filter(({ id }) => stored.get(id)!.length > 1)).toEqual([])
  const restamped = acknowledged.filter(({ id, sentAt, answeredAt }) => {
    const [row] = stored.get(id)!
    const receivedAt = row!.received_at.getTime()
    return (
      receivedAt < sentAt - CLOCK_MS ||
      receivedAt > answeredAt + CLOCK_MS ||
      row!.expires_on !== stamp(receivedAt, 90).expiresOn
    )
  })
  expect(restamped).toEqual([])
}

const system = async (server: TestServer) => {
  owner ??= await signUp(server.url)
  const response = await fetch(`${server.url}/api/v1/system/processes`, { headers: { cookie: owner.cookie } })
  return (await response.json()) as SystemProcesses
}

describe('PostgreSQL is away', () => {
  it.each([
    ['frozen', async () => postgres.freeze(), async () => postgres.thaw()],
    ['stopped', () => postgres.stop(), () => postgres.start()],
  ])(
    'RESIL-01: %s under load: events are acknowledged, and stored once with their stamps',
    async (_, leave, come) => {
      const server = await start()
      expect((await system(server)).spool).toMatchObject({ status: 'empty', events: 0, problem: null })
      const posting = load(server.port)
      await until(() => posting.accepted().length > 100, 20_000)
      await leave()
      const away = Date.now()
      await until(() => posting.accepted().filter(({ sentAt }) => sentAt > away).length > 500, 20_000)
      expect(spooled()).toBe(true)
      await come()
      const back = Date.now()
      await until(() => posting.accepted().filter(({ sentAt }) => sentAt > back).length > 200, 30_000)
      await posting.stop()
      expect(posting.sent.filter(({ status }) => status !== 202)).toEqual([])
      await expectEachOnce(posting.accepted())
      await until(async () => (await system(server)).spool!.status === 'empty', 10_000)
      expect(await server.stop()).toBe(0)
    },
  )

  it('RESIL-01: a key this node knows is served meanwhile, another is told to come back', async () => {
    const server = await start()
    const agent = new http.Agent()
    expect((await send(agent, server.port)).status).toBe(202)
    const other = await insertProject(pool)
    postgres.freeze()
    const answers = await Promise.all([send(agent, server.port), send(agent, server.port, other.key)])
    expect(answers.map(({ status }) => status)).toEqual([202, 503])
    expect(Number(answers[1]!.retryAfter)).toBeGreaterThan(0)
    postgres.thaw()
    expect((await send(agent, server.port, other.key)).status).toBe(202)
  })

  it('RESIL-01: a statement that nobody answers is given up, and its connection with it', async () => {
    const own = createPool(postgres.url, { name: 'test', max: 1, statementTimeoutMs: 500 })
    try {
      await own.query('select 1')
      postgres.freeze()
      const error = await withTransaction(own, (db) => db.query('select 1')).catch((e: unknown) => e)
      expect(classify(error)).toBe('machine')
      postgres.thaw()
      expect((await own.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    } finally {
      await own.end()
    }
  })

  it('RESIL-01: a server that is asked to stop meanwhile keeps what it accepted for the next one', async () => {
    const server = await start()
    const agent = new http.Agent({ keepAlive: true })
    const first = await send(agent, server.port)
    await postgres.stop()
    const answers = Array.from({ length: 40 }, () => send(agent, server.port))
    await until(() => server.logs().includes('A batch is tried again'), 5_000)
    const exit = server.stop()
    const sent = [first, ...(await Promise.all(answers))]
    expect(sent.filter(({ status }) => status === 202).length).toBeGreaterThan(1)
    expect(await exit).toBe(0)
    await postgres.start()
    await start()
    await expectEachOnce(sent.filter(({ status }) => status === 202))
  })
})

describe('a process is killed while PostgreSQL is away', () => {
  it('RESIL-01: the next start stores what it had acknowledged', async () => {
    const server = await start()
    const posting = load(server.port)
    await until(() => posting.accepted().length > 50, 20_000)
    await postgres.stop()
    const away = Date.now()
    await until(() => posting.accepted().filter(({ sentAt }) => sentAt > away).length > 300, 20_000)
    await server.kill('SIGKILL')
    await posting.stop()
    expect(spooled()).toBe(true)
    await postgres.start()
    await start()
    await expectEachOnce(posting.accepted())
  })

  it('RESIL-01: another process on the same machine does, and goes on', async () => {
    const [first, second] = [await start(), await start()]
    const loads = [load(first.port), load(second.port)]
    const accepted = () => loads.flatMap((one) => one.accepted())
    await until(() => loads.every((one) => one.accepted().length > 50), 20_000)
    postgres.freeze()
    const away = Date.now()
    await until(
      () => loads.every((one) => one.accepted().filter(({ sentAt }) => sentAt > away).length > 200),
      20_000,
    )
    await first.kill('SIGKILL')
    await loads[0]!.stop()
    postgres.thaw()
    await until(() => second.logs().includes('Took over the spool'), 20_000)
    await loads[1]!.stop()
    await expectEachOnce(accepted())
    expect(await second.stop()).toBe(0)
  })
})

describe('nowhere to keep events', () => {
  it('RESIL-01: a full disk is said with 503, and nothing acknowledged is lost', async (context) => {
    await onTinyDisk(context, 2, async (disk) => {
      fs.rmSync(dataDirectory, { recursive: true })
      dataDirectory = path.join(disk, 'data')
      const server = await start()
      const long = randomBytes(5_000).toString('base64')
      const agent = new http.Agent({ keepAlive: true, maxSockets: SENDERS })
      const posting = load(server.port, long)
      await until(() => posting.accepted().length > 20, 20_000)
      postgres.freeze()
      await until(() => posting.sent.some(({ status }) => status === 503), 30_000)
      expect(Number(posting.sent.find(({ status }) => status === 503)!.retryAfter)).toBeGreaterThan(0)
      postgres.thaw()
      const back = Date.now()
      await until(() => posting.accepted().some(({ sentAt }) => sentAt > back), 20_000)
      await posting.stop()
      agent.destroy()
      await expectEachOnce(posting.accepted())
      await server.kill('SIGKILL')
    })
  })

  it.each([
    ['a data directory that cannot be made', { MESHER_DATA_DIR: '/dev/null/data' }],
    ['MESHER_SPOOL=off', { MESHER_SPOOL: 'off' }],
  ])('%s: 503 while PostgreSQL is away, 202 when it is back', async (_, env) => {
    const server = await start(env)
    const agent = new http.Agent({ keepAlive: true })
    const first = await send(agent, server.port)
    postgres.freeze()
    const refused = await send(agent, server.port)
    expect(refused.status).toBe(503)
    expect(Number(refused.retryAfter)).toBeGreaterThan(0)
    postgres.thaw()
    let last = await send(agent, server.port)
    await until(async () => (last = await send(agent, server.port)).status === 202, 20_000)
    expect(spooled()).toBe(false)
    await until(async () => {
      const { rows } = await pool.query(`select event_id from event where project_id = $1`, [
        project.projectId,
      ])
      const ids = rows.map(({ event_id: id }) => id.replaceAll('-', ''))
      return ids.includes(first.id) && ids.includes(last.id)
    }, 10_000)
  })
})
