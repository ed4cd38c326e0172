// What a scraper reads of the built server, held against what was sent to it. And who may read it.
import { afterAll, beforeAll, expect, it } from 'vitest'
import type pg from 'pg'
import { OUTCOMES } from '#shared/constants/outcomes.ts'
import type { ProcessState, SystemProcesses } from '#shared/schemas/system.ts'
import { createPool } from '#server/storage/database.ts'
import { ApiClient } from '../../support/api-client.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { insertProject, type TestProject } from '../../support/project.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import { StreamClient } from '../../support/stream-client.ts'
import { until } from '../../support/until.ts'

const TOKEN = 'a-token-for-scrapers-only'
const METRICS = '/api/v1/system/metrics'

let database: TestDatabase
let server: TestServer
let pool: pg.Pool
let project: TestProject
let owner: ApiClient

beforeAll(async () => {
  database = await createTestDatabase()
  pool = createPool(database.url, { name: 'test', max: 2, statementTimeoutMs: 10_000 })
  server = await startServer({
    databaseUrl: database.url,
    env: { MESHER_METRICS_TOKEN: TOKEN, MESHER_OPEN_SIGNUP: '1', MESHER_NODE_INDEX: '3' },
  })
  project = await insertProject(pool)
  owner = await new ApiClient(server.url).signUp('Installer')
})
afterAll(async () => {
  await server?.stop()
  await pool?.end()
  await database?.drop()
})

const bearing = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })

/** Series by name and labels, as `name{a="b"}`, without the node's own label; fails at a line that is none. */
function parse(text: string): Map<string, number> {
  const series = new Map<string, number>()
  for (const line of text.split('\n').filter((one) => one !== '' && !one.startsWith('#'))) {
    const found = /^([a-z_]\w*)(?:\{(.*)\})? (\S+)$/i.exec(line)
    if (!found) throw new Error(`not a sample: ${line}`)
    const [, name, labels = '', value] = found
    expect(labels).toContain('node="3"')
    const others = labels.split(',').filter((label) => !label.startsWith('node='))
    const id = others.length ? `${name}{${others.join(',')}}` : name!
    expect(series.has(id), id).toBe(false)
    series.set(id, Number(value))
  }
  return series
}

async function scrape(): Promise<Map<string, number>> {
  const { status, body } = await new ApiClient(server.url).get(METRICS, bearing(TOKEN))
  expect(status).toBe(200)
  return parse(body)
}

async function send(path: string, body: unknown): Promise<number> {
  const { status } = await new ApiClient(server.url).post(path, body, {
    headers: { 'x-mesher-key': project.key },
  })
  return status
}

it('RESIL-03: after events of every kind, the numbers are those of what was sent', async () => {
  const before = await scrape()
  const value = (series: Map<string, number>, id: string) => {
    expect([...series.keys()]).toContain(id)
    return series.get(id)!
  }
  const event = (n: number) => ({ message: `Broken ${n}`, event_id: String(n).padStart(32, '0') })
  for (let n = 1; n <= 3; n++) expect(await send('/api/v1/events', event(n))).toBe(202)
  expect(await send('/api/v1/events', event(1))).toBe(202) // again: a duplicate
  expect(await send('/api/v1/events', { level: 'error' })).toBe(400)
  expect(await send('/api/v1/events/bulk', [4, 5, 6, 7, 8].map(event))).toBe(202)
  expect(await send(`/api/${project.projectId}/store/`, event(9))).toBe(200)
  const stream = await StreamClient.open(server.port, project.key)
  stream.send(1, event(10))
  await until(() => stream.answers.length === 1, 5_000)

  let after = await scrape()
  await until(async () => {
    after = await scrape()
    const folded = value(after, 'mesher_events_folded_total') - value(before, 'mesher_events_folded_total')
    return folded === 10 && value(after, 'mesher_fold_lag_seconds') === 0
  }, 10_000)
  const grown = (id: string) => value(after, id) - value(before, id)
  const outcomes = Object.fromEntries(
    OUTCOMES.map((outcome) => [outcome, grown(`mesher_events_total{outcome="${outcome}"}`)]).filter(
      ([, n]) => n,
    ),
  )
  expect(outcomes).toEqual({ stored: 10, duplicate: 1, invalid: 1 })
  expect(grown('mesher_batch_events_sum')).toBe(11)
  expect(grown('mesher_batch_events_count')).toBe(grown('mesher_batch_write_seconds_count'))
  expect(grown('mesher_batch_events_bucket{le="+Inf"}')).toBe(grown('mesher_batch_events_count'))
  // A request, or a message, each; the refused one is no acknowledgement.
  const acknowledged = Object.fromEntries(
    ['single', 'bulk', 'store', 'envelope', 'stream'].map((door) => [
      door,
      grown(`mesher_acknowledge_seconds_count{door="${door}"}`),
    ]),
  )
  expect(acknowledged).toEqual({ single: 4, bulk: 1, store: 1, envelope: 0, stream: 1 })
  expect(grown('mesher_acknowledge_seconds_sum{door="single"}')).toBeGreaterThan(0)

  const system = (await owner.get('/api/v1/system/processes')).body as SystemProcesses
  expect(value(after, `mesher_node_info{version="${system.node.version}"}`)).toBe(1)
  expect(value(after, 'mesher_body_budget_bytes')).toBe(system.intake.budgetBytes)
  expect(value(after, 'mesher_body_budget_used_bytes')).toBe(0)
  expect(value(after, 'mesher_intake_waiting_events')).toBe(0)
  expect(value(after, 'mesher_spool_max_bytes')).toBe(system.spool!.maxBytes)
  for (const name of ['diverted', 'records', 'bytes', 'segments', 'oldest_age_seconds', 'aside_bytes'])
    expect(value(after, `mesher_spool_${name}`)).toBe(0)
  const idsOf = ({ id, children }: ProcessState): string[] => [id, ...children.flatMap(idsOf)]
  for (const id of idsOf(system.tree))
    expect(value(after, `mesher_process_restarts_total{process="${id}"}`)).toBe(0)
  for (const name of ['read', 'write'])
    expect(value(after, `mesher_pg_pool_connections{pool="${name}",state="total"}`)).toBeGreaterThan(0)
  expect(value(after, 'nodejs_eventloop_lag_p99_seconds')).toBeGreaterThan(0)
  expect(value(after, 'process_resident_memory_bytes')).toBeGreaterThan(1e6)
  // One socket, until it is closed. Nothing names the project.
  expect(value(after, 'mesher_sockets_open')).toBe(1)
  stream.ws.close()
  await until(async () => value(await scrape(), 'mesher_sockets_open') === 0, 5_000)
  expect([...after.keys()].join('\n')).not.toContain(project.key)
  expect([...after.keys()].filter((id) => /project|release|environment/.test(id))).toEqual([])
})

it('is read by the owner of the installation and by the token, at both addresses, and by nobody else', async () => {
  const nobody = new ApiClient(server.url)
  const stranger = await new ApiClient(server.url).signUp('Stranger')
  for (const address of [METRICS, '/metrics']) {
    for (const answer of [await owner.get(address), await nobody.get(address, bearing(TOKEN))]) {
      expect(answer.status).toBe(200)
      expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
      expect(answer.headers.get('cache-control')).toBe('no-store')
      expect(answer.body).toContain('# TYPE mesher_events_total counter\n')
    }
    for (const wrong of ['', TOKEN.slice(1), `${TOKEN}x`, project.key])
      expect((await nobody.get(address, bearing(wrong))).status).toBe(401)
    expect((await nobody.get(address)).status).toBe(401)
    expect((await stranger.get(address)).status).toBe(403)
    expect((await stranger.get(address, bearing('wrong'))).status).toBe(403)
  }
  // It opens this door and no other.
  expect((await nobody.get('/api/v1/system/processes', bearing(TOKEN))).status).toBe(401)
})

it('without a token set, no bearer is let in', async () => {
  const other = await startServer({ databaseUrl: database.url })
  try {
    for (const token of ['', 'undefined', TOKEN])
      expect((await new ApiClient(other.url).get(METRICS, bearing(token))).status).toBe(401)
  } finally {
    await other.stop()
  }
})
