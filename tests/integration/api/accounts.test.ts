// Who may have an account, and what a session is worth.
import { createHash } from 'node:crypto'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPool } from '#server/storage/database.ts'
import { ApiClient, PASSWORD } from '../../support/api-client.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { startServer, type TestServer } from '../../support/server.ts'

interface World {
  database: TestDatabase
  server: TestServer
  pool: pg.Pool
}
const worlds: World[] = []

async function startWorld(env: Record<string, string> = {}): Promise<World> {
  const database = await createTestDatabase()
  const server = await startServer({ databaseUrl: database.url, env })
  const world = {
    database,
    server,
    pool: createPool(database.url, { name: 'test', max: 2, statementTimeoutMs: 10_000 }),
  }
  worlds.push(world)
  return world
}

afterAll(async () => {
  for (const { database, server, pool } of worlds) {
    await server.stop()
    await pool.end()
    await database.drop()
  }
})

const account = (email: string) => ({ name: 'Somebody', email, password: PASSWORD })

describe('the first account', () => {
  test('of 20 first sign-ups at once exactly one comes into being, and owns the installation', async () => {
    const { server, pool } = await startWorld()
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        new ApiClient(server.url).post('/api/auth/sign-up/email', account(`person-${n}@example.org`)),
      ),
    )
    const won = answers.filter(({ status }) => status === 200)
    const lost = answers.filter(({ status }) => status !== 200)
    expect(won).toHaveLength(1)
    expect(
      lost.map(({ status, body }) => [status, body.error.code]),
      server.logs(),
    ).toEqual(Array.from({ length: 19 }, () => [403, 'signup_closed']))
    const { rows } = await pool.query(
      `SELECT u.id = i.owner_user_id AS owner FROM "user" u CROSS JOIN installation i`,
    )
    expect(rows).toEqual([{ owner: true }])
    expect((await pool.query('SELECT FROM account')).rowCount).toBe(1)

    const late = await new ApiClient(server.url).post('/api/auth/sign-up/email', account('late@example.org'))
    expect([late.status, late.body.error.code]).toEqual([403, 'signup_closed'])
    expect((await new ApiClient(server.url).get('/api/v1/setup')).body).toEqual({
      signUp: 'closed',
      needsToken: false,
    })
  })

  test('from elsewhere it needs the one-time token, which works once', async () => {
    const { server, pool } = await startWorld()
    const token = 'a-token-printed-at-start'
    await pool.query(`UPDATE installation SET first_owner_token_hash = $1`, [
      createHash('sha256').update(token).digest('hex'),
    ])
    const elsewhere = { 'x-forwarded-for': '203.0.113.7' }
    const visitor = new ApiClient(server.url)
    expect((await visitor.get('/api/v1/setup', { headers: elsewhere })).body).toEqual({
      signUp: 'first-owner',
      needsToken: true,
    })
    expect((await visitor.get('/api/v1/setup')).body.needsToken).toBe(false)
    const attempt = (firstOwnerToken?: string) =>
      visitor.post(
        '/api/auth/sign-up/email',
        { ...account('owner@example.org'), firstOwnerToken },
        { headers: elsewhere },
      )
    for (const wrong of [undefined, '', 'another-token']) {
      const { status, body } = await attempt(wrong)
      expect([status, body.error.code]).toEqual([403, 'first_owner_token_needed'])
    }
    expect((await attempt(token)).status).toBe(200)
    expect((await pool.query('SELECT first_owner_token_hash FROM installation')).rows).toEqual([
      { first_owner_token_hash: null },
    ])
    expect((await visitor.get('/api/v1/me')).body.installationOwner).toBe(true)
  })
})

describe('with an owner and open sign-up', () => {
  let world: World
  let owner: ApiClient
  beforeAll(async () => {
    world = await startWorld({ MESHER_OPEN_SIGNUP: '1' })
    owner = await new ApiClient(world.server.url).signUp('Owner')
  })

  test('later accounts do not own the installation, and an address has one account', async () => {
    const second = await new ApiClient(world.server.url).signUp('Second')
    expect((await second.get('/api/v1/me')).body).toMatchObject({ installationOwner: false, orgs: [] })
    const again = await new ApiClient(world.server.url).post(
      '/api/auth/sign-up/email',
      account(second.email.toUpperCase()),
    )
    expect([again.status, again.body.error.code]).toEqual([409, 'email_taken'])
  })

  test('a sign-up says every mistake with its field', async () => {
    const { status, body } = await new ApiClient(world.server.url).post('/api/auth/sign-up/email', {
      name: ' ',
      email: 'nobody',
      password: 'short',
    })
    expect(status).toBe(400)
    expect(body.error.code).toBe('validation_failed')
    expect(body.error.details.map(({ path }: { path: string }) => path)).toEqual([
      'name',
      'email',
      'password',
    ])
  })

  test('only our own addresses of the sign-in library exist', async () => {
    const paths = [
      'ok',
      'error',
      'update-user',
      'delete-user',
      'sign-in/social',
      'forget-password',
      'list-accounts',
    ]
    for (const path of paths) {
      expect((await owner.get(`/api/auth/${path}`)).status).toBe(404)
      expect((await owner.post(`/api/auth/${path}`)).status).toBe(404)
    }
  })

  test('the cookie is out of reach of scripts and of other sites', async () => {
    const { headers } = await new ApiClient(world.server.url).post('/api/auth/sign-in/email', {
      email: owner.email,
      password: PASSWORD,
    })
    expect(headers.get('set-cookie')).toMatch(/HttpOnly; SameSite=Lax/)
    expect(headers.get('cache-control')).toBe('no-store')
  })

  test('SEC-01: who signs in gets a session nobody knew before, whatever cookie was planted', async () => {
    const { url } = world.server
    const attacker = await new ApiClient(url).signUp('Fixator')
    const victim = await new ApiClient(url).signUp('Fixated')
    const credentials = { email: victim.email, password: PASSWORD }
    const before = [...attacker.cookies.values()]
    const seen = new Set([...before, ...victim.cookies.values()])
    const [[name, planted]] = [...attacker.cookies] as [[string, string]]
    for (const cookie of [`${name}=${planted}`, `${name}=made-up`, `${name}=made-up.signature`]) {
      const browser = new ApiClient(url)
      const { status } = await browser.post('/api/auth/sign-in/email', credentials, { headers: { cookie } })
      expect(status).toBe(200)
      const given = browser.cookies.get(name)
      expect(given).toBeDefined()
      expect(seen.has(given!)).toBe(false)
      seen.add(given!)
      expect((await browser.get('/api/auth/get-session')).body.user.email).toBe(victim.email)
    }
    // What was planted is what it was: the attacker's own.
    expect((await attacker.get('/api/auth/get-session')).body.user.email).toBe(attacker.email)
    expect([...attacker.cookies.values()]).toEqual(before)
  })

  test('a forged or cut cookie is nobody', async () => {
    const [[name, value]] = [...owner.cookies] as [[string, string]]
    for (const forged of [value.slice(0, -4), `x${value}`, 'abc', '%00', `${value.split('.')[0]}.`]) {
      const answer = await new ApiClient(world.server.url).get('/api/v1/me', {
        headers: { cookie: `${name}=${forged}` },
      })
      expect(answer.status).toBe(401)
    }
  })

  test('signing out, and being signed out elsewhere, works at once', async () => {
    const person = await new ApiClient(world.server.url).signUp('Wanderer')
    const elsewhere = new ApiClient(world.server.url)
    const credentials = { email: person.email, password: PASSWORD }
    expect((await elsewhere.post('/api/auth/sign-in/email', credentials)).status).toBe(200)
    const { data } = (await person.get('/api/auth/list-sessions')).body
    expect(data.map((session: { current: boolean }) => session.current).sort()).toEqual([false, true])
    const other = data.find((session: { current: boolean }) => !session.current)

    const stranger = await new ApiClient(world.server.url).signUp('Stranger')
    expect((await stranger.post('/api/auth/revoke-session', { id: other.id })).status).toBe(404)
    expect((await elsewhere.get('/api/v1/me')).status).toBe(200)

    expect((await person.post('/api/auth/revoke-session', { id: other.id })).status).toBe(204)
    expect((await elsewhere.get('/api/v1/me')).status).toBe(401)

    const kept = new Map(person.cookies)
    expect((await person.post('/api/auth/sign-out')).status).toBe(204)
    expect(person.cookies.size).toBe(0)
    person.cookies = kept
    expect((await person.get('/api/v1/me')).status).toBe(401)
  })

  test('a changed password ends the other sessions', async () => {
    const person = await new ApiClient(world.server.url).signUp('Careful')
    const thief = new ApiClient(world.server.url)
    await thief.post('/api/auth/sign-in/email', { email: person.email, password: PASSWORD })
    const change = (currentPassword: string) =>
      person.post('/api/auth/change-password', { currentPassword, newPassword: 'another long password' })
    const wrong = await change('not the password')
    expect([wrong.status, wrong.body.error.code]).toEqual([401, 'invalid_credentials'])
    expect((await change(PASSWORD)).status).toBe(204)
    expect((await thief.get('/api/v1/me')).status).toBe(401)
    expect((await person.get('/api/v1/me')).status).toBe(200)
    const old = await thief.post('/api/auth/sign-in/email', { email: person.email, password: PASSWORD })
    expect(old.status).toBe(401)
  })

  test('guessing a password is stopped, parallel or not, and another account still gets in', async () => {
    const person = await new ApiClient(world.server.url).signUp('Target')
    const guesser = new ApiClient(world.server.url)
    const guess = (password: string) =>
      guesser.post('/api/auth/sign-in/email', { email: person.email, password })
    const answers = await Promise.all(Array.from({ length: 8 }, (_, n) => guess(`guess number ${n}`)))
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(5)
    const stopped = answers.filter(({ status }) => status === 429)
    expect(stopped).toHaveLength(3)
    expect(Number(stopped[0]?.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await guess(PASSWORD)).status).toBe(429)
    const other = await guesser.post('/api/auth/sign-in/email', { email: owner.email, password: PASSWORD })
    expect(other.status).toBe(200)
  })

  test('an unknown address and a wrong password sound the same', async () => {
    const client = new ApiClient(world.server.url)
    const unknown = await client.post('/api/auth/sign-in/email', {
      email: 'nobody@example.org',
      password: PASSWORD,
    })
    const wrong = await client.post('/api/auth/sign-in/email', {
      email: owner.email,
      password: 'wrong password',
    })
    expect([unknown.status, unknown.body]).toEqual([wrong.status, wrong.body])
    expect(unknown.status).toBe(401)
  })
})

test('SEC-01: behind https the cookie is only for https and only of this host', async () => {
  const { server } = await startWorld({ MESHER_PUBLIC_URL: 'https://errors.example.org' })
  const { status, headers } = await new ApiClient(server.url).post(
    '/api/auth/sign-up/email',
    account('owner@example.org'),
    { headers: { origin: 'https://errors.example.org' } },
  )
  expect(status).toBe(200)
  const cookie = headers.get('set-cookie') ?? ''
  expect(cookie).toMatch(
    /^__Host-mesher\.session_token=[^;]+; Max-Age=\d+; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
  )
  expect(headers.get('strict-transport-security')).toMatch(/^max-age=\d+$/)
  const [pair = ''] = cookie.split(';')
  const ask = (sent: string) => new ApiClient(server.url).get('/api/v1/me', { headers: { cookie: sent } })
  expect((await ask(pair)).status).toBe(200)
  // A cookie that a neighbouring host could have planted is none.
  expect((await ask(pair.replace('__Host-', ''))).status).toBe(401)
  expect((await ask(pair.replace('__Host-', '__Secure-'))).status).toBe(401)
})
