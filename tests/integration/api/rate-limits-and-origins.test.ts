// What admins may set of a project's and a key's limits, and that the doors follow.
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPool } from '#server/storage/database.ts'
import { addMember, ApiClient } from '../../support/api-client.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import { until } from '../../support/until.ts'

let database: TestDatabase
let server: TestServer
let pool: pg.Pool
let ada: ApiClient
let member: ApiClient
let admin: ApiClient
let stranger: ApiClient
let org: string
beforeAll(async () => {
  database = await createTestDatabase()
  server = await startServer({ databaseUrl: database.url, env: { MESHER_OPEN_SIGNUP: '1' } })
  pool = createPool(database.url, { name: 'test', max: 2, statementTimeoutMs: 10_000 })
  const signUp = (name: string) => new ApiClient(server.url).signUp(name)
  ada = await signUp('Ada')
  member = await signUp('Mel')
  admin = await signUp('Ann')
  stranger = await signUp('Eve')
  org = (await ada.post('/api/v1/orgs', { name: 'Shop' })).body.slug
  await addMember(pool, { org, userId: member.userId, role: 'member' })
  await addMember(pool, { org, userId: admin.userId, role: 'admin' })
})
afterAll(async () => {
  await server.stop()
  await pool.end()
  await database.drop()
})

async function newProject() {
  const project = (await ada.post(`/api/v1/orgs/${org}/projects`, { name: 'Web' })).body
  const [key] = (await ada.get(`/api/v1/projects/${project.id}/keys`)).body.data
  return {
    path: `/api/v1/projects/${project.id}`,
    keyPath: `/api/v1/projects/${project.id}/keys/${key.id}`,
    key,
  }
}

describe("a project's rate limit", () => {
  test('ORG-02: admins and owners change it, members see it, strangers see nothing', async () => {
    const { path } = await newProject()
    for (const [who, status] of [
      [member, 403],
      [stranger, 404],
      [admin, 200],
      [ada, 200],
    ] as const)
      expect((await who.patch(path, { rateLimitPerMinute: 1_200 })).status).toBe(status)
    expect((await member.get(path)).body.rateLimitPerMinute).toBe(1_200)
  })

  test.each([
    ['rateLimitPerMinute', 10_000_000],
    ['newIssuesPerHour', 1_000_000],
  ])('%s is a whole number from 0 to %i, and stays when it is not named', async (field, most) => {
    const { path } = await newProject()
    for (const value of [0, 1, most])
      expect((await ada.patch(path, { [field]: value })).body[field]).toBe(value)
    for (const value of [-1, 1.5, most + 1, '100', null, Number.MAX_SAFE_INTEGER]) {
      const { status, body } = await ada.patch(path, { [field]: value })
      expect([status, body.error.details[0].path]).toEqual([400, field])
    }
    expect((await ada.patch(path, { name: 'Renamed' })).body).toMatchObject({
      name: 'Renamed',
      [field]: most,
    })
  })

  test('the change is in the audit log', async () => {
    const { path } = await newProject()
    await admin.patch(path, { rateLimitPerMinute: 77 })
    const { rows } = await pool.query(
      `select actor_id, data from audit_log where action = 'project.updated' and target = $1`,
      [`project:${path.split('/').at(-1)}`],
    )
    expect(rows).toEqual([{ actor_id: admin.userId, data: { rateLimitPerMinute: 77 } }])
  })
})

describe("a key's limits", () => {
  test('ORG-02: admins and owners change them, members see them, strangers see nothing', async () => {
    const { path, keyPath, key } = await newProject()
    expect(key).toMatchObject({ rateLimitPerMinute: null, allowedOrigins: [] })
    const change = { rateLimitPerMinute: 60, allowedOrigins: ['https://shop.example.org'] }
    for (const [who, status] of [
      [member, 403],
      [stranger, 404],
      [admin, 200],
      [ada, 200],
    ] as const)
      expect((await who.patch(keyPath, change)).status).toBe(status)
    expect((await member.get(`${path}/keys`)).body.data[0]).toMatchObject({ id: key.id, ...change })
    expect((await ada.patch(keyPath.replace(/\d+$/, '999999999'), change)).status).toBe(404)
  })

  test('what is not named stays; null and an empty list take the limits away', async () => {
    const { keyPath } = await newProject()
    const set = { rateLimitPerMinute: 60, allowedOrigins: ['https://shop.example.org'] }
    await ada.patch(keyPath, set)
    expect((await ada.patch(keyPath, { label: 'Shop' })).body).toMatchObject({ label: 'Shop', ...set })
    expect((await ada.patch(keyPath, { rateLimitPerMinute: null })).body).toMatchObject({
      label: 'Shop',
      rateLimitPerMinute: null,
      allowedOrigins: set.allowedOrigins,
    })
    expect((await ada.patch(keyPath, { allowedOrigins: [] })).body.allowedOrigins).toEqual([])
  })

  test('origins are stored as browsers send them; what is none is named', async () => {
    const { keyPath } = await newProject()
    const { body } = await ada.patch(keyPath, {
      allowedOrigins: ['HTTPS://Shop.example.org/', 'https://*.Example.org', 'https://shop.example.org'],
    })
    expect(body.allowedOrigins).toEqual(['https://shop.example.org', 'https://*.example.org'])
    const refused = await ada.patch(keyPath, {
      allowedOrigins: ['https://a.test', 'shop', 'https://b.test/x'],
    })
    expect(refused.status).toBe(400)
    expect(refused.body.error.details.map(({ path }: { path: string }) => path)).toEqual([
      'allowedOrigins.1',
      'allowedOrigins.2',
    ])
    for (const rateLimitPerMinute of [0, -1, 1.5, '60', 10_000_001])
      expect((await ada.patch(keyPath, { rateLimitPerMinute })).body.error.details[0].path).toBe(
        'rateLimitPerMinute',
      )
  })

  test('the doors follow within five seconds: a browser from elsewhere is refused', async () => {
    const { keyPath, key } = await newProject()
    const send = (origin?: string) =>
      fetch(`${server.url}/api/v1/events`, {
        method: 'POST',
        headers: { 'x-mesher-key': key.publicKey, ...(origin ? { origin } : {}) },
        body: JSON.stringify({ message: 'from a page' }),
      }).then(({ status }) => status)
    expect(await send('https://evil.test')).toBe(202)
    await ada.patch(keyPath, { allowedOrigins: ['https://shop.example.org', 'https://*.preview.test'] })
    await until(async () => (await send('https://evil.test')) === 403, 5_000)
    expect(await send('https://shop.example.org')).toBe(202)
    expect(await send('https://a.preview.test')).toBe(202)
    expect(await send('https://preview.test')).toBe(403)
    expect(await send()).toBe(202)
  })
})

test('the description of the API names the new fields', async () => {
  const { paths } = (await ada.get('/api/v1/openapi.json')).body
  const bodyOf = (path: string) =>
    paths[path].patch.requestBody.content['application/json'].schema.properties as Record<string, unknown>
  expect(Object.keys(bodyOf('/api/v1/projects/{project}'))).toContain('rateLimitPerMinute')
  expect(bodyOf('/api/v1/projects/{project}/keys/{key}')).toMatchObject({
    allowedOrigins: { type: 'array', items: { type: 'string' }, maxItems: 50 },
    rateLimitPerMinute: { anyOf: [{ type: 'integer', minimum: 1, maximum: 10_000_000 }, { type: 'null' }] },
  })
})
