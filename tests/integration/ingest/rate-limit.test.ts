// The rate limit at the real doors, over two servers on one database.
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { newEventId } from '../../support/encoded.ts'
import { insertProject, type TestProject } from '../../support/project.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import { until } from '../../support/until.ts'

let database: TestDatabase
let pool: pg.Pool
let servers: TestServer[]
let project: TestProject

beforeAll(async () => {
  database = await createTestDatabase()
  pool = new pg.Pool({ connectionString: database.url, max: 2 })
  servers = await Promise.all([
    startServer({ databaseUrl: database.url }),
    startServer({ databaseUrl: database.url }),
  ])
})
afterAll(async () => {
  await Promise.all((servers ?? []).map((server) => server.stop()))
  await pool?.end()
  await database?.drop()
})
beforeEach(async () => {
  project = await insertProject(pool)
  await untilEarlyInMinute()
})

/** A window is a minute of the clock: what a test sends must fall into one. */
const untilEarlyInMinute = () => until(() => Date.now() % 60_000 < 35_000, 30_000)

const limit = (project_: number | null, key: number | null = null) =>
  pool.query(
    `with p as (update project set rate_limit_per_minute = $2 where id = $1)
     update project_key set rate_limit_per_minute = $3 where project_id = $1`,
    [project.projectId, project_, key],
  )

async function post(server: TestServer, path: string, body: string) {
  const response = await fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'x-mesher-key': project.key },
    body,
  })
  return { status: response.status, headers: response.headers, body: (await response.json()) as never }
}
const event = () => JSON.stringify({ event_id: newEventId(), message: 'too often' })
const outcomes = async () =>
  Object.fromEntries(
    (
      await pool.query<{ outcome: number; n: number }>(
        'select outcome, sum(n)::int as n from outcome_minute where project_id = $1 group by 1',
        [project.projectId],
      )
    ).rows.map((row) => [row.outcome, row.n]),
  )
const RATE_LIMITED = 4

describe('rate limit', () => {
  it('INGEST-04: two nodes together admit exactly the limit; the rest hears when to come again', async () => {
    await limit(100)
    const answers = await Promise.all(
      Array.from({ length: 160 }, (_, i) => post(servers[i % 2]!, '/api/v1/events', event())),
    )
    const refused = answers.filter(({ status }) => status === 429)
    expect(answers.filter(({ status }) => status === 202).length + refused.length).toBe(160)
    // A node may strand a part of its last lease, never admit more.
    expect(160 - refused.length).toBeLessThanOrEqual(100)
    expect(160 - refused.length).toBeGreaterThanOrEqual(94)
    const { headers, body } = refused[0]!
    const seconds = Number(headers.get('retry-after'))
    expect(seconds).toBeGreaterThanOrEqual(1)
    expect(seconds).toBeLessThanOrEqual(60)
    expect(headers.get('x-sentry-rate-limits')).toMatch(/^\d+:error;default;security:project$/)
    expect(body).toMatchObject({
      error: { code: 'rate_limited', message: 'The rate limit of the project is reached' },
    })
    await until(async () => (await outcomes())[RATE_LIMITED] === refused.length, 10_000)
  })

  it('INGEST-04: of a bulk the first so many are accepted, each of the rest says why not', async () => {
    await limit(10)
    const bulk = `[${Array.from({ length: 15 }, event).join(',')}]`
    const { status, body } = await post(servers[0]!, '/api/v1/events/bulk', bulk)
    const { accepted, rejected, results } = body as {
      accepted: number
      rejected: number
      results: { id?: string; error?: { code: string } }[]
    }
    expect([status, accepted, rejected]).toEqual([202, 10, 5])
    expect(results.slice(0, 10).every((r) => r.id)).toBe(true)
    expect(results.slice(10).map((r) => r.error?.code)).toEqual(Array(5).fill('rate_limited'))
    const again = await post(servers[0]!, '/api/v1/events/bulk', bulk)
    expect(again.status).toBe(429)
    await until(async () => (await outcomes())[RATE_LIMITED] === 5 + 1, 10_000)
  })

  it('INGEST-04: a key has a limit of its own, and SDKs are told in their words', async () => {
    await limit(0, 2)
    const envelope = () => `{"event_id":"${newEventId()}"}\n{"type":"event"}\n${event()}\n`
    const path = `/api/${project.projectId}/envelope/`
    const answers = []
    for (let i = 0; i < 3; i++) answers.push(await post(servers[0]!, path, envelope()))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429])
    expect(answers[2]!.headers.get('x-sentry-rate-limits')).toMatch(/:key$/)
    expect(answers[2]!.body).toMatchObject({ detail: 'The rate limit of the key is reached' })
    // What is no error costs no quota and is not refused for the rate.
    const session = await post(servers[0]!, path, '{}\n{"type":"session"}\n{}\n')
    expect(session.status).toBe(200)
  })
})
