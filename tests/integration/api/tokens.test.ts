// API tokens from making to revoking, and the audit log that tells of it.
import { createHash } from 'node:crypto'
import http from 'node:http'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPool } from '#server/storage/database.ts'
import { SCOPES } from '#shared/schemas/token.ts'
import { addMember, ApiClient } from '../../support/api-client.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import { until } from '../../support/until.ts'

let database: TestDatabase
let server: TestServer
let pool: pg.Pool
let ada: ApiClient
let org: string
const nobody = () => new ApiClient(server.url)

beforeAll(async () => {
  database = await createTestDatabase()
  server = await startServer({ databaseUrl: database.url, env: { MESHER_OPEN_SIGNUP: '1' } })
  pool = createPool(database.url, { name: 'test', max: 2, statementTimeoutMs: 10_000 })
  ada = await nobody().signUp('Ada')
  org = (await ada.post('/api/v1/orgs', { name: 'Acme' })).body.slug
})
afterAll(async () => {
  await server?.stop()
  await pool?.end()
  await database?.drop()
})

const tokens = () => `/api/v1/orgs/${org}/tokens`
const make = async (who: ApiClient, body: Record<string, unknown> = {}) =>
  (await who.post(tokens(), { name: 'Script', scopes: SCOPES, ...body })).body
/** Somebody who came into the organisation with that role. */
async function joined(name: string, role: 'member' | 'admin' | 'owner'): Promise<ApiClient> {
  const who = await nobody().signUp(name)
  await addMember(pool, { org, userId: who.userId, role })
  return who
}
/** A program with a token: no cookie, no Origin. */
const program = (
  token: string,
  method: string,
  path: string,
  body?: unknown,
  more: Record<string, string> = {},
) =>
  nobody().request(method, path, {
    body,
    headers: { authorization: `Bearer ${token}`, origin: null, ...more },
  })
const lastUse = async (id: string): Promise<Date | null> =>
  (await pool.query('select last_used_at as at from api_token where id = $1', [id])).rows[0].at

describe('making a token', () => {
  test('ORG-06: the secret is said once; what is kept is its hash and the first eight characters', async () => {
    const { status, body } = await ada.post(tokens(), {
      name: ' Deploys ',
      scopes: ['event:read'],
      expiresInDays: 7,
    })
    expect(status).toBe(201)
    expect(body.token).toMatch(/^msh_[\w-]{43}$/)
    expect(body).toMatchObject({
      name: 'Deploys',
      hint: body.token.slice(0, 8),
      scopes: ['event:read'],
      creator: { id: ada.userId, name: 'Ada', role: 'owner' },
      lastUsedAt: null,
    })
    expect(Date.parse(body.expiresAt) - Date.parse(body.createdAt)).toBe(7 * 86_400_000)

    const { rows } = await pool.query('select * from api_token where id = $1', [body.id])
    expect(rows[0].token_hash).toEqual(createHash('sha256').update(body.token).digest())
    expect(JSON.stringify(rows[0])).not.toContain(body.token.slice(8))
    const { body: list } = await ada.get(tokens())
    expect(list.data[0]).toEqual({ ...body, token: undefined })
    expect(JSON.stringify(list)).not.toContain(body.token)
    expect(server.logs()).not.toContain(body.token)
  })

  test.each([
    ['an unknown scope', { scopes: ['everything'] }, 'scopes.0'],
    ['no scope', { scopes: [] }, 'scopes'],
    ['a scope twice', { scopes: ['event:read', 'event:read'] }, 'scopes'],
    ['no name', { name: ' ' }, 'name'],
    ['a name PostgreSQL refuses', { name: 'a\0b' }, 'name'],
    ['no days', { expiresInDays: 0 }, 'expiresInDays'],
    ['more than a year', { expiresInDays: 366 }, 'expiresInDays'],
    ['half a day', { expiresInDays: 0.5 }, 'expiresInDays'],
  ])('ORG-06: %s is refused where it is wrong, and nothing is made', async (_, change, where) => {
    const count = async () => (await pool.query('select count(*) from api_token')).rows[0].count
    const before = await count()
    const { status, body } = await ada.post(tokens(), { name: 'Script', scopes: SCOPES, ...change })
    expect([status, body.error.code, body.error.details[0].path]).toEqual([400, 'validation_failed', where])
    expect(await count()).toBe(before)
  })

  test('ORG-06: without a date a token ends after 90 days; null means never', async () => {
    const { createdAt, expiresAt } = await make(ada)
    expect(Date.parse(expiresAt) - Date.parse(createdAt)).toBe(90 * 86_400_000)
    expect((await make(ada, { expiresInDays: null })).expiresAt).toBeNull()
  })

  test('ORG-06: members make none, and no token makes another', async () => {
    const bob = await joined('Bob', 'member')
    expect((await bob.post(tokens(), { name: 'Mine', scopes: ['event:read'] })).status).toBe(403)
    expect((await bob.get(tokens())).status).toBe(403)
    const { token } = await make(ada)
    for (const [method, body] of [['GET'], ['POST', { name: 'Child', scopes: ['event:read'] }]] as const)
      expect((await program(token, method, tokens(), body)).status).toBe(403)
  })
})

describe('using a token', () => {
  test('ORG-06: it reads and changes without cookie and whatever the Origin', async () => {
    const { token } = await make(ada)
    const made = await program(token, 'POST', `/api/v1/orgs/${org}/projects`, { name: 'By script' })
    expect(made.status).toBe(201)
    expect(made.headers.getSetCookie()).toEqual([])
    const elsewhere = await program(
      token,
      'PATCH',
      `/api/v1/projects/${made.body.id}`,
      { name: 'Renamed' },
      {
        origin: 'https://elsewhere.example.org',
      },
    )
    expect([elsewhere.status, elsewhere.body.name]).toEqual([200, 'Renamed'])
    const form = await program(
      token,
      'PATCH',
      `/api/v1/projects/${made.body.id}`,
      { name: 'Form' },
      {
        'content-type': 'text/plain',
      },
    )
    expect(form.status).toBe(415)
    expect((await program(token, 'GET', `/api/v1/orgs/${org}/projects`)).status).toBe(200)
  })

  test('ORG-06: under a host name of the inner network a token works and a session does not', async () => {
    const { token } = await make(ada)
    const ask = (headers: Record<string, string>) =>
      new Promise((resolve, reject) => {
        const path = `/api/v1/orgs/${org}`
        http
          .get({ port: server.port, path, headers: { host: 'mesher.internal:3000', ...headers } }, (answer) =>
            resolve(answer.resume().statusCode),
          )
          .on('error', reject)
      })
    expect(await ask({ authorization: `Bearer ${token}` })).toBe(200)
    const cookie = [...ada.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    expect(await ask({ cookie })).toBe(403)
  })

  test('ORG-06: what is said about a token that is refused names the scope, not the secret', async () => {
    const { token } = await make(ada, { scopes: ['event:read'] })
    const { status, body } = await program(token, 'POST', `/api/v1/orgs/${org}/projects`, { name: 'No' })
    expect([status, body.error.code, body.error.details]).toEqual([
      403,
      'forbidden',
      { scope: 'project:admin' },
    ])
    expect(JSON.stringify(body)).not.toContain(token)
    const me = await program(token, 'GET', '/api/v1/me')
    expect([me.status, me.body.error.code]).toEqual([403, 'forbidden'])
  })

  test('ORG-06: a bad token is refused although the session beside it is good', async () => {
    const { token } = await make(ada)
    const bad = token.slice(0, -1) + (token.endsWith('A') ? 'B' : 'A')
    for (const authorization of [`Bearer ${bad}`, `bearer  ${bad}`, 'Bearer msh_', `Bearer ${token}x`]) {
      const { status, body } = await ada.get(`/api/v1/orgs/${org}`, { headers: { authorization } })
      expect([authorization, status, body.error?.code]).toEqual([authorization, 401, 'unauthenticated'])
    }
    expect(
      (await ada.get(`/api/v1/orgs/${org}`, { headers: { authorization: `bearer ${token}` } })).status,
    ).toBe(200)
    // What is no API token says nothing about who is asking.
    expect((await ada.get(`/api/v1/orgs/${org}`, { headers: { authorization: 'Bearer abc' } })).status).toBe(
      200,
    )
  })

  test('ORG-06: it ends at its date, when it is revoked, and when its creator leaves', async () => {
    const read = async (token: string) => (await program(token, 'GET', `/api/v1/orgs/${org}`)).status
    const [expiring, revoked] = [await make(ada), await make(ada)]
    const carl = await joined('Carl', 'admin')
    const ofCarl = await make(carl)
    for (const { token } of [expiring, revoked, ofCarl]) expect(await read(token)).toBe(200)

    await pool.query('update api_token set expires_at = now() where id = $1', [expiring.id])
    await pool.query('delete from member where user_id = $1', [carl.userId])
    const both = await Promise.all([1, 2].map(() => ada.request('DELETE', `${tokens()}/${revoked.id}`)))
    expect(both.map(({ status }) => status).sort()).toEqual([204, 404])
    for (const { token } of [expiring, revoked, ofCarl]) expect(await read(token)).toBe(401)
  })

  test("ORG-06: it follows its creator's role, down and up again", async () => {
    const dora = await joined('Dora', 'admin')
    const { token } = await make(dora)
    const create = async () =>
      (await program(token, 'POST', `/api/v1/orgs/${org}/projects`, { name: 'Follows' })).status
    const setRole = (role: string) =>
      pool.query('update member set role = $2 where user_id = $1', [dora.userId, role])
    expect(await create()).toBe(201)
    await setRole('member')
    expect(await create()).toBe(403)
    expect((await program(token, 'GET', `/api/v1/orgs/${org}`)).body.role).toBe('member')
    const listed = (await ada.get(`${tokens()}?limit=100`)).body.data.find(
      ({ creator }: { creator: { id: string } }) => creator.id === dora.userId,
    )
    expect(listed.creator.role).toBe('member')
    await setRole('admin')
    expect(await create()).toBe(201)
  })

  test('ORG-06: its last use is noted, once a minute', async () => {
    const { id, token } = await make(ada)
    const use = () => program(token, 'GET', `/api/v1/orgs/${org}`)
    await Promise.all(Array.from({ length: 20 }, use))
    await until(async () => (await lastUse(id)) !== null, 5_000)
    const row = () => pool.query('select xmin, last_used_at from api_token where id = $1', [id])
    const noted = (await row()).rows
    for (const { status } of await Promise.all(Array.from({ length: 20 }, use))) expect(status).toBe(200)
    // A use that is news shows when the others have been judged: whatever they wrote is there by then.
    const { id: other, token: witness } = await make(ada)
    await program(witness, 'GET', `/api/v1/orgs/${org}`)
    await until(async () => (await lastUse(other)) !== null, 5_000)
    expect((await row()).rows).toEqual(noted)

    await pool.query(`update api_token set last_used_at = now() - interval '61 seconds' where id = $1`, [id])
    const before = Date.now()
    await use()
    await until(async () => (await lastUse(id))!.getTime() > before - 5_000, 5_000)
  })
})

describe('the audit log', () => {
  test('ORG-06: it tells of tokens, and of what was done with one by its name', async () => {
    const { id, token } = await make(ada, { name: 'Nightly', scopes: ['project:admin', 'org:admin'] })
    const project = await program(token, 'POST', `/api/v1/orgs/${org}/projects`, { name: 'Night' })
    await ada.request('DELETE', `${tokens()}/${id}`)
    const { body } = await ada.get(`/api/v1/orgs/${org}/audit?limit=3`)
    const actor = { id: ada.userId, name: 'Ada' }
    expect(body.data).toMatchObject([
      {
        action: 'token.deleted',
        actor,
        target: `token:${id}`,
        data: { name: 'Nightly', hint: token.slice(0, 8) },
      },
      { action: 'project.created', actor, target: `project:${project.body.id}`, data: { token: 'Nightly' } },
      {
        action: 'token.created',
        actor,
        target: `token:${id}`,
        data: { scopes: ['project:admin', 'org:admin'] },
      },
    ])
    expect(body.data[0].data.token).toBeUndefined()
    const { rows } = await pool.query(`select string_agg(data::text, '') as all from audit_log`)
    expect(rows[0].all).not.toContain(token)
  })

  test('ORG-06: two requests at once are told apart: the one of a person names no token', async () => {
    const { token } = await make(ada, { name: 'Busy' })
    const rename = (n: number) =>
      n % 2
        ? program(token, 'POST', `/api/v1/orgs/${org}/projects`, { name: `Token ${n}` })
        : ada.post(`/api/v1/orgs/${org}/projects`, { name: `Person ${n}` })
    await Promise.all(Array.from({ length: 10 }, (_, n) => rename(n)))
    const { body } = await ada.get(`/api/v1/orgs/${org}/audit?limit=10`)
    expect(body.data).toHaveLength(10)
    for (const { data } of body.data)
      expect(data.token).toBe(data.name.startsWith('Token') ? 'Busy' : undefined)
  })

  test.each(['audit', 'tokens'])(
    'SEARCH-05: the pages of %s hold every row once, newest first',
    async (list) => {
      const ids: number[] = []
      let cursor = ''
      do {
        const { status, body } = await ada.get(`/api/v1/orgs/${org}/${list}?limit=2${cursor}`)
        expect(status).toBe(200)
        ids.push(...body.data.map(({ id }: { id: string }) => Number(id)))
        cursor = body.nextCursor ? `&cursor=${encodeURIComponent(body.nextCursor)}` : ''
        // A row that comes meanwhile belongs to the first page, and to none of these.
        if (ids.length === 2) await make(ada)
      } while (cursor)
      expect(ids.length).toBeGreaterThan(8)
      expect(ids).toEqual([...new Set(ids)].sort((a, b) => b - a))
      const foreign = (await ada.get(`/api/v1/orgs/${org}/${list}?limit=2`)).body.nextCursor
      const other = list === 'audit' ? 'tokens' : 'audit'
      const mixed = await ada.get(`/api/v1/orgs/${org}/${other}?cursor=${encodeURIComponent(foreign)}`)
      expect([mixed.status, mixed.body.error.code]).toEqual([400, 'invalid_cursor'])
    },
  )
})

test('ORG-06: the API description says which scope opens a door', async () => {
  const { paths, components } = (await nobody().get('/api/v1/openapi.json')).body
  expect(components.securitySchemes.token).toMatchObject({ type: 'http', scheme: 'bearer' })
  const issue = paths['/api/v1/projects/{project}/issues/{issue}']
  expect(issue.get.security).toEqual([{ session: [] }, { token: ['event:read'] }])
  expect(issue.patch['x-mesher-scope']).toBe('issue:write')
  expect(issue.patch.description).toContain('API tokens need the scope `issue:write`.')
  const own = paths['/api/v1/orgs/{org}/tokens'].post
  expect(own.security).toEqual([{ session: [] }])
  expect(own.description).toContain('Not for API tokens.')
})
