// What a project keeps of its events: sampling and scrubbing, who may change them, and what became of what was sent.
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPool } from '#server/storage/database.ts'
import { addMember, ApiClient } from '../../support/api-client.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import { until } from '../../support/until.ts'

const OFF = { enabled: true, extraFields: [], safeFields: [], dropIpAddresses: false }

let database: TestDatabase
let server: TestServer
let pool: pg.Pool
let owner: ApiClient
let admin: ApiClient
let member: ApiClient
let stranger: ApiClient
let api: string
let key: string
let org: string

beforeAll(async () => {
  database = await createTestDatabase()
  server = await startServer({ databaseUrl: database.url, env: { MESHER_OPEN_SIGNUP: '1' } })
  pool = createPool(database.url, { name: 'test', max: 2, statementTimeoutMs: 10_000 })
  const signUp = (name: string) => new ApiClient(server.url).signUp(name)
  owner = await signUp('Owner')
  admin = await signUp('Admin')
  member = await signUp('Member')
  stranger = await signUp('Stranger')
  org = (await owner.post('/api/v1/orgs', { name: 'Acme' })).body.slug
  await addMember(pool, { org, userId: admin.userId, role: 'admin' })
  await addMember(pool, { org, userId: member.userId, role: 'member' })
  const project = (await owner.post(`/api/v1/orgs/${org}/projects`, { name: 'Web' })).body
  api = `/api/v1/projects/${project.id}`
  key = new URL(project.dsn).username
  await stranger.post('/api/v1/orgs', { name: 'Elsewhere' })
})
afterAll(async () => {
  await server.stop()
  await pool.end()
  await database.drop()
})

const send = async (event: object): Promise<string> => {
  const { status, body } = await new ApiClient(server.url).post('/api/v1/events', event, {
    headers: { 'x-mesher-key': key, origin: null },
  })
  expect(status).toBe(202)
  return body.id
}
const stored = async (id: string) => (await owner.get(`${api}/events/${id}`)).body.payload
const problemOf = (body: { error: { details?: { path: string; message: string }[] } }) =>
  body.error.details?.map(({ path, message }) => `${path}: ${message}`)

describe('sampling and scrubbing', () => {
  test('ORG-02: members read the settings, admins change them, others find nothing', async () => {
    const before = await member.get(api)
    expect(before.body).toMatchObject({ sampleRate: 1, scrub: OFF })
    const change = { sampleRate: 0.25, scrub: { dropIpAddresses: true } }
    expect((await member.patch(api, change)).status).toBe(403)
    expect((await stranger.patch(api, change)).status).toBe(404)
    expect((await member.get(api)).body).toEqual(before.body)

    const { status, body } = await admin.patch(api, change)
    expect(status).toBe(200)
    expect(body).toMatchObject({ sampleRate: 0.25, scrub: { ...OFF, dropIpAddresses: true } })
    expect((await member.get(api)).body).toEqual(body)
  })

  test('what a change leaves out stays, also within the scrubbing settings', async () => {
    await admin.patch(api, { sampleRate: 0.5, scrub: { ...OFF, extraFields: ['salary'] } })
    await admin.patch(api, { scrub: { safeFields: ['session_id'] } })
    await admin.patch(api, { name: 'Web, renamed' })
    expect((await owner.get(api)).body).toMatchObject({
      name: 'Web, renamed',
      sampleRate: 0.5,
      scrub: { ...OFF, extraFields: ['salary'], safeFields: ['session_id'] },
    })
    await admin.patch(api, { scrub: { extraFields: [], safeFields: [] } })
    expect((await owner.get(api)).body.scrub).toEqual(OFF)
    await admin.patch(api, { sampleRate: 0 })
    expect((await owner.get(api)).body.sampleRate).toBe(0)
    await admin.patch(api, { sampleRate: 1 })
  })

  test('who changed what is on record', async () => {
    await admin.patch(api, { sampleRate: 0.125 })
    await admin.patch(api, { sampleRate: 1 })
    const { rows } = await pool.query(
      `select actor_id, data from audit_log where action = 'project.updated' order by id desc limit 2`,
    )
    expect(rows).toEqual([
      { actor_id: admin.userId, data: { sampleRate: 1 } },
      { actor_id: admin.userId, data: { sampleRate: 0.125 } },
    ])
  })

  test.each([
    ['a share above 1', { sampleRate: 1.01 }, /^sampleRate: The most is 1/],
    ['a share below 0', { sampleRate: -0.1 }, /^sampleRate: The least is 0/],
    ['a share as text', { sampleRate: '0.5' }, /^sampleRate: Give a share/],
    ['no share at all', { sampleRate: null }, /^sampleRate: /],
    ['a field without a name', { scrub: { extraFields: ['salary', ' '] } }, /^scrub.extraFields.1: Give it/],
    [
      'a field without a letter',
      { scrub: { extraFields: ['42'] } },
      /^scrub.extraFields.0: Use at least one/,
    ],
    [
      'a field of 101 letters',
      { scrub: { safeFields: ['a'.repeat(101)] } },
      /^scrub.safeFields.0: Use at most 100 /,
    ],
    [
      '101 fields',
      { scrub: { extraFields: Array(101).fill('a') } },
      /^scrub.extraFields: Use at most 100 names/,
    ],
    ['a switch that is no switch', { scrub: { enabled: 'no' } }, /^scrub.enabled: /],
  ])('UI-07: %s is refused with its place', async (_what, change, problem) => {
    const before = (await owner.get(api)).body
    const { status, body } = await admin.patch(api, change)
    expect([status, body.error.code]).toEqual([400, 'validation_failed'])
    expect(problemOf(body)![0]).toMatch(problem)
    expect((await owner.get(api)).body).toEqual(before)
  })

  test('settings hold for the events that arrive within five seconds, and after', async () => {
    const event = {
      message: 'hello',
      user: { id: '7', ip_address: '203.0.113.9' },
      extra: { password: 'hunter2', yearlySalary: 90_000, session_id: 'abc', user_session_id: 'def' },
    }
    expect((await stored(await send(event))).extra).toEqual({
      password: '[Filtered]',
      yearlySalary: 90_000,
      session_id: '[Filtered]',
      user_session_id: '[Filtered]',
    })
    await admin.patch(api, {
      scrub: { extraFields: ['salary'], safeFields: ['session_id'], dropIpAddresses: true },
    })
    const wanted = {
      password: '[Filtered]',
      yearlySalary: '[Filtered]',
      session_id: 'abc',
      user_session_id: '[Filtered]',
    }
    await until(async () => {
      const { extra, user } = await stored(await send(event))
      return JSON.stringify(extra) === JSON.stringify(wanted) && user.ipAddress === undefined
    }, 5_000)
    await admin.patch(api, { scrub: { enabled: false, dropIpAddresses: false } })
    await until(async () => (await stored(await send(event))).extra.password === 'hunter2', 5_000)
    await admin.patch(api, { scrub: OFF })
    await until(async () => (await stored(await send(event))).extra.password === '[Filtered]', 5_000)
  })
})

describe('retention and storage', () => {
  const DAY_MS = 86_400_000
  const tomorrow = () => new Date(Date.now() + DAY_MS + 60_000).toISOString().slice(0, 10)
  let shop: string
  let shopId: string
  beforeAll(async () => {
    const project = (await owner.post(`/api/v1/orgs/${org}/projects`, { name: 'Shop' })).body
    shopId = project.id
    shop = `/api/v1/projects/${shopId}`
    const events = Array.from({ length: 30 }, (_, i) => ({
      message: i % 3 ? 'small' : `large ${'x'.repeat(500)}`,
    }))
    const sent = await new ApiClient(server.url).post('/api/v1/events/bulk', events, {
      headers: { 'x-mesher-key': new URL(project.dsn).username, origin: null },
    })
    expect(sent.body.accepted).toBe(30)
    await until(async () => (await owner.get(`${shop}/storage`)).body.stored.events === 30, 10_000)
  })

  test('RETAIN-03: events and bytes of a project and an organisation are those that are stored', async () => {
    const { rows } = await pool.query(
      `select count(*) as events, sum(octet_length(payload)) as bytes from event where project_id = $1`,
      [shopId],
    )
    const { status, body } = await member.get(`${shop}/storage`)
    expect(status).toBe(200)
    const today = new Date().toISOString().slice(0, 10)
    expect(body.stored).toEqual(rows[0])
    expect(body.days).toEqual([{ day: today, ...rows[0] }])
    expect(body.issues.map(({ events }: { events: number }) => events).sort()).toEqual([10, 20])
    expect(body.projection).toBeNull()
    expect(body.issues[0].shortId).toMatch(/^SHOP-/i)

    const ofOrg = (await member.get(`/api/v1/orgs/${org}/storage`)).body
    expect(ofOrg.projects.find(({ id }: { id: string }) => id === shopId)).toMatchObject(rows[0])
    const sum = ofOrg.projects.reduce((all: number, { events }: { events: number }) => all + events, 0)
    expect(ofOrg.stored.events).toBe(sum)
    // Others learn nothing of what is not theirs.
    expect(ofOrg.databaseBytes).toBeNull()
    expect((await owner.get(`/api/v1/orgs/${org}/storage`)).body.databaseBytes).toBeGreaterThan(1e6)
    expect((await stranger.get(`${shop}/storage`)).status).toBe(404)
    expect((await stranger.get(`/api/v1/orgs/${org}/storage`)).status).toBe(404)
  })

  test('RETAIN-02: a change is previewed, counts from the next UTC day, and is taken back until then', async () => {
    expect((await member.patch(shop, { retentionDays: 30 })).status).toBe(403)
    for (const retentionDays of [0, 29, 365, '30', null])
      expect((await admin.patch(shop, { retentionDays })).status).toBe(400)
    // Some that are older than thirty days.
    await pool.query(
      `insert into stored_day (project_id, received_on, expires_on, events, bytes)
       values ($1, current_date - 50, current_date + 40, 7, 700), ($1, current_date - 10, current_date + 85, 5, 500)`,
      [shopId],
    )
    const changes = (await admin.get(`${shop}/storage`)).body.changes
    const of = (days: number) =>
      changes.find(({ retentionDays }: { retentionDays: number }) => retentionDays === days)
    expect(of(30)).toMatchObject({ inForceDays: 90, from: tomorrow(), removed: { events: 7, bytes: 700 } })
    expect(of(30).sooner.events).toBe(35)
    expect(of(90)).toMatchObject({ removed: { events: 0 }, sooner: { events: 0 }, unchanged: { events: 42 } })

    const changed = await admin.patch(shop, { retentionDays: 30 })
    expect(changed.body).toMatchObject({ retentionDays: 30 })
    expect((await member.get(`${shop}/storage`)).body.retention).toMatchObject({
      ...{ retentionDays: 30, inForceDays: 90, changesOn: tomorrow(), removal: null },
    })
    // What comes today is still kept as long as yesterday's.
    const project = await pool.query(
      `select retention_before, retention_from::text from project where id = $1`,
      [shopId],
    )
    expect(project.rows[0]).toEqual({ retention_before: 90, retention_from: tomorrow() })
    await admin.patch(shop, { retentionDays: 60 })
    const periods = async () =>
      (await pool.query(`select days from retention_period where project_id = $1 order by from_on`, [shopId]))
        .rows
    expect(await periods()).toEqual([{ days: 90 }, { days: 60 }])
    await admin.patch(shop, { retentionDays: 90 })
    expect(await periods()).toEqual([{ days: 90 }])
    expect((await member.get(`${shop}/storage`)).body.retention).toMatchObject({
      ...{ retentionDays: 90, inForceDays: 90, changesOn: null },
    })
    const { rows } = await pool.query(
      `select data from audit_log where action = 'project.updated' and target = $1 order by id`,
      [`project:${shopId}`],
    )
    expect(rows.map(({ data }) => data)).toEqual([
      { retentionDays: 30 },
      { retentionDays: 60 },
      { retentionDays: 90 },
    ])
  })
})

describe('the preview of scrubbing', () => {
  const preview = (who: ApiClient, body: object) => who.post(`${api}/scrub-preview`, body)
  const pasted = (event: unknown) => ({
    scrub: OFF,
    json: typeof event === 'string' ? event : JSON.stringify(event),
  })

  test('ORG-02 ORG-03: is for admins of the organisation', async () => {
    const body = pasted({ message: 'hello' })
    expect((await preview(admin, body)).status).toBe(200)
    expect((await preview(owner, body)).status).toBe(200)
    expect((await preview(member, body)).status).toBe(403)
    expect((await preview(stranger, body)).status).toBe(404)
    expect((await preview(new ApiClient(server.url), body)).status).toBe(401)
  })

  test('shows pasted JSON after the real normaliser and scrubber, and where they changed it', async () => {
    const { body } = await preview(admin, {
      ...pasted({
        message: 'login?token=abc',
        user: { id: '7', ip_address: '203.0.113.9' },
        request: { headers: { Authorization: 'Bearer abc', Accept: '*/*' }, cookies: 'a=1; b=2' },
        extra: { list: [{ password: 'x' }], yearlySalary: 9, sent: '[Filtered]' },
      }),
      scrub: { ...OFF, extraFields: ['salary'], dropIpAddresses: true },
    })
    const places = body.places.map(
      ({ path, kind }: { path: string[]; kind: string }) => `${path.join('.')} ${kind}`,
    )
    expect(places.sort()).toEqual([
      'extra.list.0.password whole',
      'extra.yearlySalary whole',
      'message part',
      'request.cookies.0.1 whole',
      'request.cookies.1.1 whole',
      'request.headers.0.1 whole',
      'user.ipAddress removed',
    ])
    expect(body).toMatchObject({ eventId: null, count: 7, filteredBefore: 1 })
    expect(body.event.message).toBe('login?token=[Filtered]')
    expect(JSON.stringify(body)).not.toMatch(/Bearer abc|203\.0\.113\.9/)
  })

  test('tries settings that are not saved, and saves nothing', async () => {
    const before = (await owner.get(api)).body
    const count = async () =>
      (await pool.query(`select (select count(*) from event) as e, (select count(*) from audit_log) as a`))
        .rows[0]
    const counted = await count()
    const event = { message: 'hello', extra: { password: 'x' } }
    const off = await preview(admin, { ...pasted(event), scrub: { ...OFF, enabled: false } })
    expect([off.body.count, off.body.event.extra.password]).toEqual([0, 'x'])
    expect((await preview(admin, pasted(event))).body.count).toBe(1)
    expect((await owner.get(api)).body).toEqual(before)
    expect(await count()).toEqual(counted)
  })

  test('takes a stored event of the project, the newest without an id', async () => {
    const first = await send({ message: 'first', extra: { salary: 1, password: 'x' } })
    const second = await send({ message: 'second', extra: { salary: 2 } })
    const scrub = { ...OFF, extraFields: ['salary'] }
    const newest = (await preview(admin, { scrub })).body
    expect([newest.eventId, newest.event.extra.salary, newest.count]).toEqual([second, '[Filtered]', 1])
    const one = (await preview(admin, { scrub, eventId: first.toUpperCase() })).body
    expect([one.eventId, one.count, one.filteredBefore]).toEqual([first, 1, 1])
    expect((await stored(second)).extra.salary).toBe(2)
  })

  test('ORG-03: an event of another organisation is not there', async () => {
    const [org] = (await stranger.get('/api/v1/orgs')).body.data
    const project = (await stranger.post(`/api/v1/orgs/${org.slug}/projects`, { name: 'Theirs' })).body
    const theirs = `/api/v1/projects/${project.id}/scrub-preview`
    const ours = await send({ message: 'ours' })
    const asked = await stranger.post(theirs, { scrub: OFF, eventId: ours })
    expect([asked.status, asked.body.error.code]).toEqual([404, 'not_found'])
    expect((await stranger.post(theirs, { scrub: OFF })).status).toBe(404) // nothing stored yet
  })

  test.each([
    ['JSON that is none', pasted('{"message": '), /^json: This is not valid JSON at line 1, column \d+\.$/],
    ['nothing', pasted('  '), /^json: This is empty\.$/],
    ['a list', pasted('[]'), /^json: The event is not valid\.$/],
    [
      'JSON nested too deeply',
      pasted(`{"extra":${'['.repeat(200)}${']'.repeat(200)}}`),
      /^json: .*too deeply\.$/,
    ],
    ['an id of the wrong form', { scrub: OFF, eventId: 'x' }, /^eventId: An event id has/],
    ['both an id and JSON', { ...pasted({}), eventId: 'a'.repeat(32) }, /^json: .*not both/],
    ['no settings', { json: '{}' }, /^scrub: /],
  ])('INGEST-06 UI-07: %s is refused with its place', async (_what, body, problem) => {
    const answer = await preview(admin, body)
    expect([answer.status, answer.body.error.code]).toEqual([400, 'validation_failed'])
    expect(problemOf(answer.body)![0]).toMatch(problem)
  })

  test('INGEST-06: a body of more than 1 MiB is refused, one just below is shown', async () => {
    const filler = (bytes: number) => pasted({ message: 'big', extra: { text: 'x'.repeat(bytes) } })
    expect((await preview(admin, filler(1024 * 1024))).status).toBe(413)
    const { status, body } = await preview(admin, filler(1024 * 1024 - 400))
    expect([status, body.event.extra.text.length]).toEqual([200, 8192])
    // Others keep their limit.
    expect((await admin.patch(api, { name: 'x'.repeat(300 * 1024) })).status).toBe(413)
  })

  test('INGEST-06: names of a payload are data, also here', async () => {
    const json = '{"message":"m","extra":{"__proto__":{"password":"x"},"constructor":{"token":"y"}}}'
    const { body } = await preview(admin, pasted(json))
    expect(body.places.map(({ path }: { path: string[] }) => path.join('.'))).toEqual([
      'extra.__proto__.password',
      'extra.constructor.token',
    ])
  })
})

describe('where events went', () => {
  test('RESIL-03: every verdict is counted in its bucket, for members and nobody else', async () => {
    // A project of its own: what other tests sent may still be on its way into the counts.
    const { id: fresh, dsn } = (await owner.post(`/api/v1/orgs/${org}/projects`, { name: 'Fresh' })).body
    const ofFresh = `/api/v1/projects/${fresh}`
    const freshKey = new URL(dsn).username
    const post = (body: string) =>
      fetch(`${server.url}/api/v1/events`, { method: 'POST', headers: { 'x-mesher-key': freshKey }, body })
    const outcomes = async (query = '') =>
      (await member.get(`${ofFresh}/stats/outcomes?since=1h${query}`)).body
    const id = 'ab'.repeat(16)
    for (const body of [
      `{"message":"m","event_id":"${id}"}`,
      `{"message":"m","event_id":"${id}"}`,
      '{}',
      '{',
    ])
      await post(body)
    await post(JSON.stringify({ message: 'm', extra: 'x'.repeat(1024 * 1024) }))
    await until(async () => {
      const { totals, total } = await outcomes()
      return (
        totals.stored === 1 &&
        totals.duplicate === 1 &&
        totals.invalid === 2 &&
        totals.too_large === 1 &&
        total === 5
      )
    }, 10_000)
    const answer = await outcomes()
    expect([answer.interval, answer.buckets.length]).toEqual(['1m', 60])
    const sums = answer.buckets.reduce(
      (sum: number[], { counts }: { counts: number[] }) => sum.map((n, i) => n + counts[i]!),
      Array(9).fill(0),
    )
    expect(sums).toEqual(Object.values(answer.totals))
    expect((await outcomes('&timezone=Nowhere/Land')).error.code).toBe('validation_failed')
    expect((await stranger.get(`${ofFresh}/stats/outcomes`)).status).toBe(404)
  })
})
