// The file of events at the door of the built server: what its headers say, who gets none, and that a reader who goes
// away leaves nothing running.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MAX_EXPORT_ROWS } from '#shared/constants/limits.ts'
import { ApiClient } from '../../support/api-client.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import { until } from '../../support/until.ts'

const EVENTS = 4_000
const FILLER = 'x'.repeat(2_000)
let database: TestDatabase
let server: TestServer
let owner: ApiClient
let token: string
let base: string

beforeAll(async () => {
  database = await createTestDatabase()
  server = await startServer({ databaseUrl: database.url, env: { MESHER_OPEN_SIGNUP: 'true' } })
  owner = await new ApiClient(server.url).signUp('Owner')
  const org = await owner.post('/api/v1/orgs', { name: 'Acme' })
  const project = await owner.post(`/api/v1/orgs/${org.body.slug}/projects`, {
    name: 'Web',
    platform: 'node',
  })
  base = `/api/v1/projects/${project.body.id}`
  await owner.patch(base, { rateLimitPerMinute: 0 })
  const made = await owner.post(`/api/v1/orgs/${org.body.slug}/tokens`, {
    name: 'files',
    scopes: ['event:read'],
  })
  expect(made.status).toBe(201)
  token = made.body.token
  const key = new URL(project.body.dsn).username
  for (let sent = 0; sent < EVENTS; sent += 500) {
    const events = Array.from({ length: 500 }, () => ({
      ...{ event_id: randomUUID().replaceAll('-', ''), message: `=needle ${FILLER}` },
      tags: { browser: 'Chrome' },
    }))
    const { status } = await new ApiClient(server.url).post('/api/v1/events/bulk', events, {
      headers: { authorization: `Bearer ${key}` },
    })
    expect(status).toBe(202)
  }
  await until(async () => (await owner.get(`${base}/stats/volume`)).body.total === EVENTS, 30_000)
})
afterAll(async () => {
  await server.stop()
  await database.drop()
})

const fetchFile = (path: string, signal?: AbortSignal) =>
  fetch(`${server.url}${base}/events/${path}`, {
    headers: { authorization: `Bearer ${token}` },
    signal: signal ?? null,
  })

describe('EVENTS-03 the door of files', () => {
  test('sends CSV under a safe name, which no browser takes for something else', async () => {
    const answer = await fetchFile('export?columns=level,message,tag.browser')
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8')
    expect(answer.headers.get('content-disposition')).toMatch(
      /^attachment; filename="web-events-\d{4}-\d\d-\d\d\.csv"$/,
    )
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    expect(answer.headers.get('x-mesher-export-limit')).toBe(String(MAX_EXPORT_ROWS))
    const [head, ...rows] = (await answer.text()).trimEnd().split('\r\n')
    expect(head).toBe('level,message,tag.browser'.replace('tag.', ''))
    expect(rows).toHaveLength(EVENTS)
    expect(new Set(rows.map((row) => row.replace(/x+/, '')))).toEqual(new Set(["error,'=needle ,Chrome"]))
  })

  test('sends NDJSON, as many lines as the histogram counts', async () => {
    const answer = await fetchFile('export?format=ndjson&query=needle&columns=id')
    expect(answer.headers.get('content-type')).toBe('application/x-ndjson')
    const ids = (await answer.text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).id as string)
    expect(new Set(ids).size).toBe(EVENTS)
    const { body } = await owner.get(`${base}/events/histogram?query=needle`)
    expect(body).toMatchObject({ total: EVENTS, countedBackTo: null })
  })

  test('an empty file is a file', async () => {
    const answer = await fetchFile('export?format=ndjson&query=nowhere')
    expect([answer.status, await answer.text()]).toEqual([200, ''])
  })

  test('refuses what it cannot read, as JSON', async () => {
    for (const path of [
      'export?columns=payload',
      'export?format=xml',
      'export?query=level:loud',
      'histogram?query=level:loud',
      'histogram?query=x&timezone=Nowhere',
    ])
      expect([path, (await owner.get(`${base}/events/${path}`)).status]).toEqual([path, 400])
  })

  test('a project of others is not there', async () => {
    const stranger = await new ApiClient(server.url).signUp('Stranger')
    for (const path of ['export', 'histogram', 'histogram?query=needle'])
      expect((await stranger.get(`${base}/events/${path}`)).status).toBe(404)
  })

  test('one at a time; whoever does not read, and goes, makes room', async () => {
    const leave = new AbortController()
    // Some 9 MB: more than sockets hold, so the server waits for a reader who does not read.
    const first = await fetchFile('export?format=ndjson', leave.signal)
    expect(first.status).toBe(200)
    const second = await fetchFile('export')
    expect(second.status).toBe(429)
    expect((await second.json()).error.code).toBe('too_many_attempts')
    expect(second.headers.get('retry-after')).toBe('10')
    leave.abort()
    await until(async () => {
      const answer = await fetchFile('export?columns=id')
      await answer.text()
      return answer.status === 200
    }, 5_000)
  })
})
