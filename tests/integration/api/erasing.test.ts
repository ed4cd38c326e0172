// Deleting projects, organisations and keys, at the doors of the built server.
import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createKeyCache } from '#server/domain/projects/key-cache.ts'
import { keyUseRecorder } from '#server/processes/upkeep.ts'
import { createPool } from '#server/storage/database.ts'
import { addMember, ApiClient } from '../../support/api-client.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import { StreamClient } from '../../support/stream-client.ts'
import { until } from '../../support/until.ts'

let database: TestDatabase
let server: TestServer
let pool: pg.Pool
let owner: ApiClient
let admin: ApiClient
let member: ApiClient

beforeAll(async () => {
  database = await createTestDatabase()
  server = await startServer({ databaseUrl: database.url, env: { MESHER_OPEN_SIGNUP: '1' } })
  pool = createPool(database.url, { name: 'test', max: 2, statementTimeoutMs: 10_000 })
  const signUp = (name: string) => new ApiClient(server.url).signUp(name)
  ;[owner, admin, member] = [await signUp('Owner'), await signUp('Admin'), await signUp('Member')]
})
afterAll(async () => {
  await server?.stop()
  await pool?.end()
  await database?.drop()
})

async function makeOrg() {
  const org: string = (
    await owner.post('/api/v1/orgs', { name: 'Acme', slug: `acme-${randomUUID().slice(0, 8)}` })
  ).body.slug
  await addMember(pool, { org, userId: admin.userId, role: 'admin' })
  await addMember(pool, { org, userId: member.userId, role: 'member' })
  const project = (await owner.post(`/api/v1/orgs/${org}/projects`, { name: 'Web' })).body
  const key = new URL(project.dsn as string).username
  return { org, id: project.id as string, path: `/api/v1/projects/${project.id}`, key }
}
const remove = (who: ApiClient, path: string, body: unknown) => who.request('DELETE', path, { body })
const send = (key: string) =>
  fetch(`${server.url}/api/v1/events`, {
    method: 'POST',
    headers: { 'x-mesher-key': key },
    body: JSON.stringify({ message: 'hello' }),
  }).then(({ status }) => status)

describe('a project', () => {
  test('ORG-01: is deleted by an admin who types its name, and by nobody else', async () => {
    const { path } = await makeOrg()
    expect((await remove(member, path, { confirm: 'web' })).status).toBe(403)
    for (const body of [{}, { confirm: 'Web' }, { confirm: 'other' }]) {
      const { status, body: said } = await remove(admin, path, body)
      expect([status, said.error.code]).toEqual([400, 'validation_failed'])
      expect(said.error.details[0].path).toBe('confirm')
    }
    expect((await owner.get(path)).status).toBe(200)
  })

  test('ORG-01: is gone for everybody at once; keys, sockets and rows follow', async () => {
    const { org, path, key, id } = await makeOrg()
    expect(await send(key)).toBe(202)
    const socket = await StreamClient.open(server.port, key)
    await until(async () => (await admin.get(`${path}/footprint`)).body.events === 1, 10_000)
    expect((await admin.get(`${path}/footprint`)).body).toEqual({ projects: 1, issues: 1, events: 1 })
    expect((await owner.get(`/api/v1/orgs/${org}/footprint`)).body).toEqual({
      projects: 1,
      issues: 1,
      events: 1,
    })

    const deleted = await remove(admin, path, { confirm: 'web' })
    expect(deleted.status).toBe(202)
    const at = performance.now()
    for (const who of [owner, admin, member]) expect((await who.get(path)).status).toBe(404)
    expect((await remove(admin, path, { confirm: 'web' })).status).toBe(404)
    expect((await owner.get(`/api/v1/orgs/${org}/projects`)).body.data).toEqual([])
    const again = await owner.post(`/api/v1/orgs/${org}/projects`, { name: 'Web', slug: 'web' })
    expect([again.status, again.body.slug]).toEqual([201, 'web'])
    await until(async () => (await send(key)) === 403, 5_000)
    expect((await socket.closed).code).toBe(1008)
    expect(performance.now() - at).toBeLessThan(6_000)

    const list = async (query = '') => (await admin.get(`/api/v1/orgs/${org}/erasures${query}`)).body.data
    expect(await list()).toMatchObject([
      { id: deleted.body.erasureId, label: 'Web', kind: 'project', events: 1, finishedAt: null },
    ])
    expect((await member.get(`/api/v1/orgs/${org}/erasures`)).status).toBe(403)
    const audit = await pool.query(
      `select a.actor_id, a.data from audit_log a join organization o on o.id = a.organization_id
        where o.slug = $1 and a.action = 'project.deleted'`,
      [org],
    )
    expect(audit.rows).toEqual([{ actor_id: admin.userId, data: { name: 'Web', slug: 'web' } }])
    await until(async () => (await list('?state=running')).length === 0, 40_000)
    // With what was still taken before its key was refused.
    const [removed] = await list()
    expect(removed.finishedAt).not.toBeNull()
    expect(removed.erased).toBeGreaterThanOrEqual(1)
    const left = await pool.query(
      `select from project where id = $1 union all select from event where project_id = $1
       union all select from outcome_delta where project_id = $1 union all select from outcome_minute where project_id = $1`,
      [id],
    )
    expect(left.rowCount).toBe(0)
  }, 90_000)
})

test('ORG-01: an organisation is deleted by its owner alone, with its projects', async () => {
  const { org, path, key } = await makeOrg()
  expect(await send(key)).toBe(202)
  expect((await remove(admin, `/api/v1/orgs/${org}`, { confirm: org })).status).toBe(403)
  expect((await remove(owner, `/api/v1/orgs/${org}`, { confirm: 'no' })).status).toBe(400)
  expect((await remove(owner, `/api/v1/orgs/${org}`, { confirm: org })).status).toBe(202)
  for (const who of [owner, admin, member]) {
    expect((await who.get(`/api/v1/orgs/${org}`)).status).toBe(404)
    expect((await who.get(path)).status).toBe(404)
    expect((await who.get('/api/v1/me')).body.orgs.map(({ slug }: { slug: string }) => slug)).not.toContain(
      org,
    )
  }
  expect((await owner.post('/api/v1/orgs', { name: 'Again', slug: org })).status).toBe(201)
  await until(async () => (await send(key)) === 403, 5_000)
}, 30_000)

describe('keys', () => {
  test('ORG-01: one is replaced by another like it while both work, then deleted; the last active one stays', async () => {
    const { path, key } = await makeOrg()
    const [first] = (await admin.get(`${path}/keys`)).body.data
    const change = { label: 'Shop', allowedOrigins: ['https://shop.example.org'], rateLimitPerMinute: 50 }
    await admin.patch(`${path}/keys/${first.id}`, change)
    const last = await remove(admin, `${path}/keys/${first.id}`, undefined)
    expect([last.status, last.body.error.code]).toEqual([409, 'conflict'])
    expect((await member.post(`${path}/keys/${first.id}/rotate`)).status).toBe(403)
    const rotated = await admin.post(`${path}/keys/${first.id}/rotate`)
    expect(rotated.status).toBe(201)
    expect(rotated.body).toMatchObject({ ...change, active: true, lastUsedAt: null })
    expect(rotated.body.publicKey).not.toBe(key)
    expect([await send(key), await send(rotated.body.publicKey)]).toEqual([202, 202])

    expect((await remove(admin, `${path}/keys/${first.id}`, undefined)).status).toBe(204)
    expect((await remove(admin, `${path}/keys/${first.id}`, undefined)).status).toBe(404)
    await until(async () => (await send(key)) === 403, 5_000)
    expect(await send(rotated.body.publicKey)).toBe(202)
    // A disabled one may go although it is not the last.
    const spare = (await admin.post(`${path}/keys`, { label: 'Spare' })).body
    await admin.patch(`${path}/keys/${spare.id}`, { active: false })
    expect((await remove(admin, `${path}/keys/${spare.id}`, undefined)).status).toBe(204)
  }, 30_000)

  test('ORG-01: of two active keys that are deleted at once one stays', async () => {
    const { path } = await makeOrg()
    const { id } = (await admin.post(`${path}/keys`, { label: 'Second' })).body
    const [first] = (await admin.get(`${path}/keys`)).body.data
    const answers = await Promise.all(
      [first.id, id].map((key) => remove(admin, `${path}/keys/${key}`, undefined)),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 409])
  })

  test('ORG-01: their last use is written down for all at once, not for each event', async () => {
    const { path, key } = await makeOrg()
    const { publicKey: disabled, id } = (await admin.post(`${path}/keys`, { label: 'Off' })).body
    await admin.patch(`${path}/keys/${id}`, { active: false })
    let statements = 0
    const counting: Pick<pg.Pool, 'query'> = {
      query: ((...args: Parameters<pg.Pool['query']>) => {
        statements++
        return pool.query(...args)
      }) as pg.Pool['query'],
    }
    const cache = createKeyCache(pool)
    for (let i = 0; i < 500; i++) await cache.find(key)
    await cache.find(disabled)
    const ending = new AbortController()
    const done = keyUseRecorder({ db: counting, keys: cache }, 60_000).start({
      signal: ending.signal,
      ready: () => {},
    })
    // What was used is written at the end too.
    ending.abort()
    await done
    expect(statements).toBe(1)
    const keys = (await member.get(`${path}/keys`)).body.data as {
      publicKey: string
      lastUsedAt: string | null
    }[]
    expect(
      Date.now() - Date.parse(keys.find(({ publicKey }) => publicKey === key)!.lastUsedAt!),
    ).toBeLessThan(20_000)
    expect(keys.find(({ publicKey }) => publicKey === disabled)!.lastUsedAt).toBeNull()
    expect(cache.takeUsed()).toEqual([])
  })
})
