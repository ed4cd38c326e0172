// From an event sent to what the pages read: every door of issues, events and statistics of the built server, once.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ApiClient } from '../../support/api-client.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import { until } from '../../support/until.ts'

let database: TestDatabase
let server: TestServer
let owner: ApiClient
let base: string
let key: string

const newId = () => randomUUID().replaceAll('-', '')
const eventIds = [newId(), newId(), newId()]
const otherId = newId()

async function send(event: Record<string, unknown>): Promise<void> {
  const { status, body } = await new ApiClient(server.url).post('/api/v1/events', event, {
    headers: { authorization: `Bearer ${key}` },
  })
  expect([status, body.id]).toEqual([202, event.event_id])
}

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
  key = new URL(project.body.dsn).username
  for (const id of eventIds) {
    await send({
      event_id: id,
      level: 'error',
      exception: { values: [{ type: 'RangeError', value: 'needle in the stack' }] },
      tags: { browser: 'Chrome' },
      release: 'web@1.0',
      environment: 'staging',
    })
  }
  await send({ event_id: otherId, level: 'fatal', message: 'The disk is full' })
  await until(async () => (await owner.get(`${base}/stats/volume`)).body.total === 4, 10_000)
})
afterAll(async () => {
  await server.stop()
  await database.drop()
})

const get = async (path: string, status = 200) => {
  const answer = await owner.get(`${base}${path}`)
  expect(answer, path).toMatchObject({ status })
  return answer.body
}
const codeOf = async (path: string) => {
  const { status, body } = await owner.get(`${base}${path}`)
  return [status, body.error?.code]
}
const needle = async () => (await get('/issues?query=needle')).data[0]

describe('issues', () => {
  test('are listed with counts and sparklines, filtered and paged', async () => {
    const { data, nextCursor } = await get('/issues')
    expect(data).toHaveLength(2)
    expect(nextCursor).toBeNull()
    expect(await needle()).toMatchObject({
      type: 'RangeError',
      eventCount: 3,
      status: 'unresolved',
      substatus: 'new',
    })
    expect((await needle()).hourly.reduce((a: number, b: number) => a + b)).toBe(3)
    expect((await get('/issues?level=fatal')).data).toHaveLength(1)
    expect((await get('/issues?environment=staging&since=7d')).data).toHaveLength(1)
    const first = await get('/issues?limit=1&sort=events')
    const second = await get(`/issues?limit=1&sort=events&cursor=${first.nextCursor}`)
    expect([first.data[0].eventCount, second.data[0].eventCount]).toEqual([3, 1])
    expect(await codeOf(`/issues?limit=1&sort=users&cursor=${first.nextCursor}`)).toEqual([
      400,
      'invalid_cursor',
    ])
  })

  test('answer 400 to what they do not understand', async () => {
    for (const query of [
      'limit=0',
      'limit=101',
      'status=open',
      'sort=x',
      'since=yesterday',
      'since=2026-13-45',
      'environment=%00',
    ]) {
      expect(await codeOf(`/issues?${query}`), query).toEqual([400, 'validation_failed'])
    }
    expect(await codeOf('/issues?cursor=x')).toEqual([400, 'invalid_cursor'])
    expect((await get(`/issues?query=${encodeURIComponent("' \0 & | !")}`)).data).toEqual([])
  })

  test('DETAIL-01: have a page of their own with timeline, tags, activity and grouping', async () => {
    const { id, shortId } = await needle()
    expect(await get(`/issues/${shortId}`)).toMatchObject({ id })
    const { buckets, total } = await get(`/issues/${id}/timeline?since=24h`)
    expect([buckets.length, total]).toEqual([24, 3])
    const { data: tags } = await get(`/issues/${id}/tags`)
    expect(tags).toContainEqual({ key: 'browser', total: 3, values: [{ value: 'Chrome', count: 3 }] })
    expect((await get(`/issues/${id}/activity`)).data).toMatchObject([{ kind: 'created', actor: null }])
    expect((await get(`/issues/${id}/grouping`)).data).toHaveLength(1)
    expect((await get(`/issues/${id}/events`)).data.map((event: { id: string }) => event.id)).toEqual(
      eventIds.toReversed(),
    )
  })

  test('TRIAGE-01: are resolved and reopened; a stale version is 409 with the current state', async () => {
    const { id, version } = await needle()
    const resolved = await owner.patch(`${base}/issues/${id}`, { status: 'resolved', version })
    expect(resolved).toMatchObject({ status: 200, body: { status: 'resolved', version: version + 1 } })
    const stale = await owner.patch(`${base}/issues/${id}`, { status: 'archived', version })
    expect(stale).toMatchObject({
      status: 409,
      body: { error: { code: 'conflict', details: { current: { id, status: 'resolved' } } } },
    })
    expect((await owner.patch(`${base}/issues/${id}`, { status: 'gone' })).status).toBe(400)
    expect((await get('/issues?status=resolved')).data).toHaveLength(1)
    await owner.patch(`${base}/issues/${id}`, { status: 'unresolved' })
    const { data } = await get(`/issues/${id}/activity`)
    expect(
      data.map(({ kind, actor }: { kind: string; actor: { name: string } | null }) => [kind, actor?.name]),
    ).toEqual([
      ['unresolved', 'Owner'],
      ['resolved', 'Owner'],
      ['created', undefined],
    ])
  })
})

describe('the life of issues', () => {
  const patch = (path: string, body: object) => owner.patch(`${base}/issues${path}`, body)

  test('ISSUE-01 ISSUE-03: what makes no sense is refused, and nothing happens', async () => {
    const { id, version } = await needle()
    const day = 86_400_000
    for (const [body, at] of [
      [{ archive: { until: 'tomorrow' } }, 'archive.until'],
      [{ archive: { until: 'date', at: new Date(Date.now() - day).toISOString() } }, 'archive.at'],
      [{ archive: { until: 'count', events: 0 } }, 'archive.events'],
      [{ status: 'resolved', archive: { until: 'forever' } }, 'archive'],
      [{ version }, ''],
      [{ assigneeId: 'a-stranger' }, 'assigneeId'],
    ] as const) {
      const { status, body: answer } = await patch(`/${id}`, body)
      expect([status, answer.error.code, answer.error.details[0].path]).toEqual([
        400,
        'validation_failed',
        at,
      ])
    }
    const change = { status: 'resolved' }
    expect(await patch('', { ids: [id, '999999999'], change })).toMatchObject({ status: 404 })
    expect(await patch('', { change })).toMatchObject({ status: 400 })
    expect(await patch('', { query: {}, cursor: 'x', operationId: randomUUID(), change })).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_cursor' } },
    })
    expect(await needle()).toMatchObject({ version, status: 'unresolved' })
  })

  test('ISSUE-01 ISSUE-03: are assigned and archived at once, listed by it, and given back', async () => {
    const { id, shortId, version } = await needle()
    const answer = await patch('', {
      ids: [shortId],
      change: { archive: { until: 'count', events: 5 }, assigneeId: owner.userId },
    })
    expect(answer).toMatchObject({
      status: 200,
      body: { changed: 1, unchanged: 0, nextCursor: null, total: 1 },
    })
    const { data } = await get('/issues?status=archived&assignee=me')
    expect(data).toMatchObject([
      { id, assignee: { name: 'Owner' }, archive: { until: 'count', at: null, events: 5 } },
    ])
    expect((await get('/issues?status=archived&assignee=none')).data).toEqual([])
    const { operationId } = answer.body
    const undone = await owner.post(`${base}/issues/undo`, { operationId })
    expect(undone).toMatchObject({ status: 200, body: { restored: 1, skipped: [], nextCursor: null } })
    expect(await needle()).toMatchObject({ status: 'unresolved', assignee: null, version: version + 2 })
    expect((await owner.post(`${base}/issues/undo`, { operationId })).status).toBe(409)
    expect((await get(`/issues/${id}/activity`)).data[0]).toMatchObject({
      kind: 'unassigned',
      data: { reason: 'undo', assignee: { name: 'Owner' } },
    })
  })

  test('ISSUE-02: an archived one whose events come thick and fast is open again by itself', async () => {
    const [org] = (await owner.get('/api/v1/orgs')).body.data
    const { body: project } = await owner.post(`/api/v1/orgs/${org.slug}/projects`, { name: 'Flooded' })
    const issues = `/api/v1/projects/${project.id}/issues`
    const sendOne = async () => {
      const headers = { authorization: `Bearer ${new URL(project.dsn).username}` }
      const sent = await new ApiClient(server.url).post('/api/v1/events', { message: 'A flood' }, { headers })
      expect(sent.status).toBe(202)
    }
    await sendOne()
    const [{ id }] = (await owner.get(issues)).body.data
    const flood = async () => (await owner.get(`${issues}/${id}`)).body
    expect((await owner.patch(`${issues}/${id}`, { status: 'archived' })).body).toMatchObject({
      archive: { until: 'escalating' },
      escalationLimit: 10,
    })
    expect((await owner.get(`${issues}/${id}/timeline`)).body).toMatchObject({ escalationLimit: 10 })
    for (let i = 0; i < 10; i++) await sendOne()
    await until(async () => (await flood()).eventCount === 11, 10_000)
    expect(await flood()).toMatchObject({ status: 'archived' })
    await sendOne()
    await until(async () => (await flood()).substatus === 'escalating', 10_000)
    expect((await owner.get(`${issues}/${id}/activity`)).body.data[0]).toMatchObject({
      kind: 'escalated',
      actor: null,
      data: { count: 11, limit: 10 },
    })
    const removed = await owner.patch(issues, { ids: [id], change: { delete: true } })
    expect(removed.body).toMatchObject({ changed: 1 })
    expect((await owner.get(`${issues}/${id}`)).status).toBe(404)
  })
})

describe('searches', () => {
  const found = async (list: string, query: string) =>
    (await get(`/${list}?query=${encodeURIComponent(query)}`)).data.map((row: { title: string }) => row.title)
  const NEEDLE = 'RangeError: needle in the stack'

  test('SEARCH-01: find issues and events by the same words', async () => {
    for (const query of [
      'browser:Chrome',
      'release:web@* level:error',
      '!level:fatal',
      '"in the stack" type:RangeError',
    ]) {
      expect(await found('issues', query), query).toEqual([NEEDLE])
      expect(await found('events', query), query).toEqual([NEEDLE, NEEDLE, NEEDLE])
    }
    expect(await found('issues', 'environment:staging is:unresolved events:3 firstSeen:-1h')).toEqual([
      NEEDLE,
    ])
    expect(await found('issues', 'assigned:me')).toEqual([])
    expect(await found('issues', 'is:resolved')).toEqual([])
  })

  test('SEARCH-02: with a mistake are 400 and name the place', async () => {
    const answer = await owner.get(`${base}/issues?query=${encodeURIComponent('needle level:high')}`)
    expect(answer.status).toBe(400)
    expect(answer.body.error).toMatchObject({
      code: 'validation_failed',
      details: [{ path: 'query', code: 'unknown_level', from: 13, to: 17 }],
    })
    expect(await codeOf('/events?query=is:new')).toEqual([400, 'validation_failed'])
  })

  test('SEARCH-04: are helped by keys and values', async () => {
    const keys = (await get('/search/keys?list=events')).data
    expect(keys).toContainEqual({ key: 'browser', tag: true })
    expect((await get('/search/values?key=environment&prefix=st')).data).toEqual([{ value: 'staging' }])
    expect((await get('/search/values?key=browser&prefix=c')).data).toEqual([{ value: 'Chrome' }])
    expect(await codeOf('/search/values')).toEqual([400, 'validation_failed'])
  })
})

describe('events', () => {
  test('are listed and found', async () => {
    expect((await get('/events')).data).toHaveLength(4)
    const { data } = await get('/events?query=needle&environment=staging&level=error')
    expect(data).toHaveLength(3)
    expect(data[0]).toMatchObject({ release: 'web@1.0', tags: { browser: 'Chrome' } })
    expect((await get('/events?until=1h')).data).toEqual([])
  })

  test('DETAIL-01: come whole, with neighbours, by id in any form', async () => {
    const [oldest, middle, latest] = eventIds as [string, string, string]
    const day = new Date().toISOString().slice(0, 10)
    const found = await get(`/events/${middle}`)
    expect(found).toMatchObject({ id: middle, previousId: oldest, nextId: latest, newer: 1, older: 1 })
    expect(found.payload.exceptions[0]).toMatchObject({ type: 'RangeError', value: 'needle in the stack' })
    expect(found.payloadBytes).toBeGreaterThan(100)
    const dashed = middle.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-').toUpperCase()
    expect(await get(`/events/${dashed}?day=${day}`)).toEqual(found)
    const { issueId } = found
    expect(await get(`/issues/${issueId}/events/latest`)).toMatchObject({
      id: latest,
      nextId: null,
      newer: 0,
    })
    expect(await get(`/issues/${issueId}/events/oldest`)).toMatchObject({ id: oldest, previousId: null })
    expect(await get(`/issues/${issueId}/events/${middle}`)).toEqual(found)
  })

  test('DETAIL-01: that do not exist, or belong elsewhere, are 404', async () => {
    const { id } = await needle()
    for (const path of [
      `/events/${newId()}`,
      '/events/nonsense',
      `/issues/${id}/events/${otherId}`,
      `/issues/${id}/events/newest`,
      '/issues/999999',
      '/issues/API-1',
      '/issues/%00',
      '/issues/999999/timeline',
    ]) {
      expect(await codeOf(path), path).toEqual([404, 'not_found'])
    }
  })
})

test('TENANT-01: a stranger finds neither issue nor event nor figure', async () => {
  const { id } = await needle()
  const stranger = await new ApiClient(server.url).signUp('Stranger')
  const org = await stranger.post('/api/v1/orgs', { name: 'Other' })
  const theirs = await stranger.post(`/api/v1/orgs/${org.body.slug}/projects`, {
    name: 'Web',
    platform: 'node',
  })
  const below = [
    `/issues/${id}`,
    `/issues/${id}/events`,
    `/issues/${id}/timeline`,
    `/issues/${id}/tags`,
    `/events/${eventIds[0]}`,
  ]
  for (const path of [...below, '/issues', '/events', '/stats/volume', '/stats/health']) {
    expect((await stranger.get(`${base}${path}`)).status, path).toBe(404)
  }
  // Their own project does not lend itself to it either.
  for (const path of below) {
    expect((await stranger.get(`/api/v1/projects/${theirs.body.id}${path}`)).status, path).toBe(404)
  }
  const patched = await stranger.patch(`/api/v1/projects/${theirs.body.id}/issues/${id}`, {
    status: 'resolved',
  })
  expect(patched.status).toBe(404)
})

test('DASH-01 DASH-03 DASH-04: the overview has its figures', async () => {
  const volume = await get('/stats/volume?since=24h')
  expect([volume.interval, volume.buckets.length, volume.total]).toEqual(['15m', 96, 4])
  expect((await get('/stats/volume?since=30d&timezone=Asia/Kolkata')).buckets).toHaveLength(30)
  expect(await codeOf('/stats/volume?timezone=Mars')).toEqual([400, 'validation_failed'])
  expect(await get('/stats/health')).toMatchObject({
    unresolved: 2,
    newIssues: 1, // the other was resolved and opened again
    events: 4,
    previousEvents: 0,
  })
  expect((await get('/stats/top-issues?limit=1')).data).toMatchObject([{ n: 3 }])
  expect(await get('/stats/breakdown?kind=environment')).toMatchObject({
    total: 4,
    values: [{ value: 'staging', n: 3 }, { n: 1 }],
  })
  expect(await get('/stats/breakdown?kind=release')).toMatchObject({ values: [{ value: 'web@1.0', n: 3 }] })
  expect(await codeOf('/stats/breakdown?kind=color')).toEqual([400, 'validation_failed'])
  expect(await get('/stats/tags?since=24h')).toMatchObject({ total: 4, looked: 4, lookedBackTo: null })
  expect(await codeOf('/stats/tags?key=')).toEqual([400, 'validation_failed'])
  await until(async () => (await get('/stats/outcomes')).totals.stored === 4, 10_000)
})
