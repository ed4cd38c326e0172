// The live socket of the built server, as browsers and programs meet it: sessions, origins, what ends them, and the end
// of the server itself.
import type pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createPool } from '#server/storage/database.ts'
import { addMember, ApiClient } from '../../support/api-client.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { LIVE, LiveClient } from '../../support/live-client.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import { askForUpgrade } from '../../support/stream-client.ts'
import { until } from '../../support/until.ts'

let database: TestDatabase
let pool: pg.Pool
let server: TestServer
let owner: ApiClient
let member: ApiClient
let org: string
let project: { id: string; dsn: string }
let key: string

beforeAll(async () => {
  database = await createTestDatabase()
  pool = createPool(database.url, { name: 'test', max: 2, statementTimeoutMs: 10_000 })
  server = await startServer({ databaseUrl: database.url, env: { MESHER_OPEN_SIGNUP: '1' } })
  owner = await new ApiClient(server.url).signUp('Owner')
  member = await new ApiClient(server.url).signUp('Member')
  org = (await owner.post('/api/v1/orgs', { name: 'Ours' })).body.slug
  await addMember(pool, { org, userId: member.userId, role: 'member' })
  project = (await owner.post(`/api/v1/orgs/${org}/projects`, { name: 'Web' })).body
  key = new URL(project.dsn).username
}, 60_000)
afterAll(async () => {
  await server?.stop()
  await pool?.end()
  await database?.drop()
})

const cookieOf = ({ cookies }: ApiClient) =>
  [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
const connect = (who: ApiClient) =>
  LiveClient.open(server.port, { origin: server.url, cookie: cookieOf(who) })
const send = (message: string) =>
  new ApiClient(server.url).post(
    '/api/v1/events',
    { message },
    { headers: { 'x-mesher-key': key, origin: null } },
  )

it('STREAM-01: two members see the same new issue, its event and its count', async () => {
  const [first, second] = [await connect(owner), await connect(member)]
  for (const one of [first, second]) await one.subscribe(1, { projectId: project.id })
  const { status, body } = await send('Seen by both')
  expect(status).toBe(202)
  for (const one of [first, second]) {
    await one.hear(() => one.of('event').some(({ event }) => event.id === body.id))
    await one.hear(() => one.of('issue.created').some(({ issue }) => issue?.title === 'Seen by both'))
    await one.hear(() => one.of('issue.counts').some(({ issues }) => issues[0]?.eventCount === 1))
  }
  const [row] = (await owner.get(`/api/v1/projects/${project.id}/events`)).body.data
  const [told] = first.of('event')
  expect(told!.event).toEqual({ ...row, sampled: false })
  await owner.patch(`/api/v1/projects/${project.id}/issues/${told!.event.issueId}`, { status: 'resolved' })
  await second.hear(() => second.of('issue.updated').some(({ issue }) => issue?.status === 'resolved'))
  expect(second.of('issue.updated').at(-1)!.actorId).toBe(owner.userId)
  for (const one of [first, second]) await one.close()
})

it('STREAM-05: a socket opens for a session of this origin, and for nobody else', async () => {
  const ask = async (headers: Record<string, string>) => {
    const { status, body, socket } = await askForUpgrade(server.port, LIVE, headers)
    socket?.destroy()
    return [status, body.error?.code]
  }
  const cookie = cookieOf(owner)
  expect(await ask({ origin: server.url, cookie })).toEqual([101, undefined])
  expect(await ask({ origin: server.url })).toEqual([401, 'unauthenticated'])
  expect(await ask({ cookie })).toEqual([403, 'untrusted_origin'])
  expect(await ask({ cookie, origin: 'https://evil.example' })).toEqual([403, 'untrusted_origin'])
  expect(await ask({ cookie, origin: server.url, host: 'rebound.example' })).toEqual([403, 'untrusted_host'])
  expect(await ask({ origin: server.url, cookie: 'mesher.session_token=forged' })).toEqual([
    401,
    'unauthenticated',
  ])
  expect(await ask({ cookie, origin: server.url, authorization: 'Bearer msh_none' })).toEqual([
    401,
    'unauthenticated',
  ])
  expect((await owner.get(LIVE)).status).toBe(426)
})

it('STREAM-05: a member who is removed while subscribed hears that it is gone, and the socket stays', async () => {
  const leaver = await new ApiClient(server.url).signUp('Leaver')
  await addMember(pool, { org, userId: leaver.userId, role: 'member' })
  const client = await connect(leaver)
  await client.subscribe('project', { projectId: project.id })
  await client.subscribe('org', { org })
  expect((await owner.request('DELETE', `/api/v1/orgs/${org}/members/${leaver.userId}`)).status).toBe(204)
  await client.hear(() => client.of('gone').length === 2, 5_000)
  await send('Not for leavers')
  const again = await client.subscribe('again', { projectId: project.id })
  expect(again).toMatchObject({ type: 'error', code: 'not_found' })
  expect(client.of('event')).toEqual([])
  await client.close()
})

it('STREAM-05: signing out ends the sockets of that session within five seconds', async () => {
  const guest = await new ApiClient(server.url).signUp('Guest')
  const client = await connect(guest)
  const began = performance.now()
  await guest.post('/api/auth/sign-out')
  expect((await client.closed).code).toBe(1008)
  expect(performance.now() - began).toBeLessThan(5_000)
})

it('STREAM-05: a server that stops says so', async () => {
  const other = await startServer({ databaseUrl: database.url })
  const client = await LiveClient.open(other.port, { origin: other.url, cookie: cookieOf(owner) })
  await client.subscribe(1, { projectId: project.id })
  const stopped = other.stop()
  expect((await client.closed).code).toBe(1001)
  expect(await stopped).toBe(0)
})

it('STREAM-01: metrics know the open sockets', async () => {
  const client = await connect(owner)
  const scrape = async () => (await owner.get('/api/v1/system/metrics')).body as string
  await until(async () => /^mesher_live_sockets_open\{node="0"\} 1$/m.test(await scrape()), 5_000)
  await client.close()
  await until(async () => /^mesher_live_sockets_open\{node="0"\} 0$/m.test(await scrape()), 5_000)
})
