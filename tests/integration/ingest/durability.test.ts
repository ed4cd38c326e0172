// The first promise: 202 means durable. The built server is killed again and again under load, and every event it
// acknowledged must be there, once; the folded counts must equal what is stored.
import { randomBytes } from 'node:crypto'
import http from 'node:http'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { insertProject, type TestProject } from '../../support/project.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import { until } from '../../support/until.ts'

const KILLS = 20
const SENDERS = 12

let database: TestDatabase
let pool: pg.Pool
let project: TestProject

beforeAll(async () => {
  database = await createTestDatabase()
  pool = new pg.Pool({ connectionString: database.url, max: 4 })
  project = await insertProject(pool, { rateLimitPerMinute: 0 })
})
afterAll(async () => {
  await pool?.end()
  await database?.drop()
})

/** Posts one event; resolves to the status, or 0 when the connection broke before there was one. */
function send(agent: http.Agent, port: number, event: object): Promise<number> {
  return new Promise((resolve) => {
    const request = http.request(
      {
        agent,
        port,
        host: '127.0.0.1',
        path: '/api/v1/events',
        method: 'POST',
        headers: { 'x-mesher-key': project.key },
      },
      (response) => {
        response.resume()
        response.on('end', () => resolve(response.statusCode!))
        response.on('error', () => resolve(response.statusCode!))
      },
    )
    request.on('error', () => resolve(0))
    request.end(JSON.stringify(event))
  })
}

const totals = async () => {
  const { rows } = await pool.query(
    `select (select count(*)::int from event where project_id = $1) as stored,
            (select coalesce(sum(event_count), 0)::int from issue where project_id = $1) as counted,
            (select coalesce(sum(n), 0)::int from rollup_project_minute where project_id = $1) as rolled_up,
            (select coalesce(sum(event_count), 0)::int from group_total where project_id = $1) as grouped,
            (select count(*)::int from event_delta where project_id = $1) as waiting`,
    [project.projectId],
  )
  return rows[0] as { stored: number; counted: number; rolled_up: number; grouped: number; waiting: number }
}

describe('SIGKILL', () => {
  it(`RESIL-01: after ${KILLS} kills under load every acknowledged event is stored exactly once, and counts agree`, async () => {
    const acknowledged = new Set<string>()
    const port = (await startAndStop()).port
    let server: TestServer | undefined
    for (let round = 0; round < KILLS; round++) {
      server = await startServer({ databaseUrl: database.url, port })
      const agent = new http.Agent({ keepAlive: true, maxSockets: SENDERS })
      let running = true
      let confirmed = 0
      const senders = Array.from({ length: SENDERS }, async (_, sender) => {
        let unsure: object | undefined
        while (running) {
          const id = randomBytes(16).toString('hex')
          // A broken connection leaves the sender unsure: like a real one it sends the same event again.
          const event: { event_id?: string } = unsure ?? {
            event_id: id,
            message: `round ${'abcde'[sender % 5]}`,
            user: { id: String(sender) },
          }
          const status = await send(agent, port, event)
          unsure = status === 0 ? event : undefined
          if (status === 202) {
            acknowledged.add(event.event_id!)
            confirmed++
          } else if (status === 0) break
        }
      })
      // Killed in the midst of it, at another moment each time, but never before there was something to lose.
      await until(() => confirmed > 20 + round * 7, 20_000)
      await server.kill('SIGKILL')
      running = false
      agent.destroy()
      await Promise.all(senders)
    }
    server = await startServer({ databaseUrl: database.url, port })
    await until(async () => (await totals()).waiting === 0, 15_000)
    const { rows } = await pool.query<{ id: string; n: number }>(
      `select replace(event_id::text, '-', '') as id, count(*)::int as n from event where project_id = $1 group by 1`,
      [project.projectId],
    )
    const stored = new Map(rows.map((r) => [r.id, r.n]))
    expect([...acknowledged].filter((id) => stored.get(id) !== 1)).toEqual([])
    expect(rows.filter((r) => r.n !== 1)).toEqual([])
    const { stored: all, counted, rolled_up, grouped } = await totals()
    expect({ counted, rolled_up, grouped }).toEqual({ counted: all, rolled_up: all, grouped: all })
    expect(acknowledged.size).toBeGreaterThan(KILLS * 20)
    await server.stop()
  }, 240_000)
})

describe('two nodes', () => {
  it('GROUP-01: the same new error, 200 times at once at two servers: one issue, announced once, the right count', async () => {
    const servers = await Promise.all([1, 2].map(() => startServer({ databaseUrl: database.url })))
    const fresh = await insertProject(pool)
    const agent = new http.Agent({ keepAlive: true, maxSockets: 100 })
    const key = project.key
    project = { ...fresh }
    const statuses = await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        send(agent, servers[i % 2]!.port, {
          exception: {
            type: 'TypeError',
            value: 'never seen before',
            stacktrace: { frames: [{ function: 'boom', filename: 'app.js', in_app: true }] },
          },
        }),
      ),
    )
    expect(statuses.filter((status) => status !== 202)).toEqual([])
    await until(async () => (await totals()).counted === 200, 10_000)
    const { rows } = await pool.query(
      `select (select count(*)::int from issue where project_id = $1) as issues,
              (select count(*)::int from event_group where project_id = $1) as groups,
              (select count(*)::int from outbox where project_id = $1 and kind = 'issue.created') as announced`,
      [project.projectId],
    )
    expect(rows[0]).toEqual({ issues: 1, groups: 1, announced: 1 })
    agent.destroy()
    expect(await Promise.all(servers.map((server) => server.stop()))).toEqual([0, 0])
    project = { ...project, key }
  })
})

describe('shutdown', () => {
  it('RESIL-01: a server asked to stop answers what it accepted, and exits with 0', async () => {
    const fresh = await insertProject(pool)
    project = fresh
    const server = await startServer({ databaseUrl: database.url })
    const agent = new http.Agent({ keepAlive: true, maxSockets: 50 })
    const answers = Array.from({ length: 300 }, (_, i) => send(agent, server.port, { message: `last ${i}` }))
    await Promise.race(answers)
    const code = await server.stop()
    const statuses = await Promise.all(answers)
    agent.destroy()
    expect(code).toBe(0)
    const accepted = statuses.filter((status) => status === 202).length
    expect(accepted).toBeGreaterThan(0)
    expect((await totals()).stored).toBe(accepted)
  })
})

/** A free port that a server has just had: the next ones take it over, as after a crash. */
async function startAndStop(): Promise<TestServer> {
  const server = await startServer({ databaseUrl: database.url })
  await server.stop()
  return server
}
