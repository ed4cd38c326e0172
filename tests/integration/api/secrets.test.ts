// Secrets, each with a mark of its own, brought to every door in every way one could bring them, while all is well and
// while the tables behind the doors are gone. Then whatever is written down is searched for the marks: the server's
// output, PostgreSQL's log, the audit log, and every other table.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createPool } from '#server/storage/database.ts'
import { ApiClient } from '../../support/api-client.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { startOwnPostgres } from '../../support/own-postgres.ts'
import { addressOf, nameOf, readServedDoors, sampleOf, type ServedDoor } from '../../support/served-doors.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import { LIVE } from '../../support/live-client.ts'
import { askForUpgrade } from '../../support/stream-client.ts'
import { until } from '../../support/until.ts'

/** Begins as no other text does. Long enough for every rule about passwords and tokens. */
const MARK = 'Marked5ecret'
let serial = 0
const secret = (what: string) => `${MARK}-${what}-${++serial}-${'x'.repeat(12)}`

let database: TestDatabase
let server: TestServer
let pool: pg.Pool
let doors: ServedDoor[]
const password = secret('password')

beforeAll(async () => {
  database = await createTestDatabase()
  pool = createPool(database.url, { name: 'test', max: 2, statementTimeoutMs: 10_000 })
  server = await startServer({
    databaseUrl: database.url,
    env: { MESHER_OPEN_SIGNUP: '1', MESHER_METRICS_TOKEN: secret('metrics') },
  })
  doors = await readServedDoors(new ApiClient(server.url))
})
afterAll(async () => {
  await server?.stop()
  await pool?.end()
  await database?.drop()
})

/** Ways of showing a secret, right or wrong. */
const shown = (): Record<string, string>[] => [
  { authorization: `Bearer msh_${secret('token')}` },
  { authorization: `Bearer ${secret('bearer')}` },
  {
    authorization: `Basic ${Buffer.from(`user:${secret('basic')}`).toString('base64')}`,
    'x-plain': secret('header'),
  },
  { cookie: `mesher.session_token=${secret('cookie')}; other=${secret('cookie')}` },
  { 'x-mesher-key': secret('key') },
  { 'x-sentry-auth': `Sentry sentry_key=${secret('key')}, sentry_secret=${secret('sentry')}` },
  { referer: `https://user:${secret('url')}@hooks.example/?token=${secret('query')}` },
]

/** What the door takes, with a secret for each text that is free. */
function secretsIn(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(secretsIn)
  if (typeof value !== 'object' || value === null)
    return value === 'x' || value === '1' ? secret('body') : value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      /password|token/i.test(key) && typeof inner === 'string' ? secret(key) : secretsIn(inner),
    ]),
  )
}

/** Each door, by everybody of `who`, with secrets in address, headers and body. Answers the doors that said 500. */
async function bringSecrets(who: ApiClient[], ids: Record<string, string>): Promise<Set<string>> {
  const broken = new Set<string>()
  // Signing out, and deleting what the others need, would end the walk.
  const kept = doors.filter(({ route, method }) => !/sign-out|revoke/.test(route) && method !== 'delete')
  for (const door of kept) {
    for (const [n, headers] of [{}, ...shown()].entries()) {
      const client = n === 0 || headers.referer ? who[0]! : (who[n % who.length] ?? who[0]!)
      const address = addressOf(door, ids)
      const asked = `${address}${address.includes('?') ? '&' : '?'}token=${secret('query')}&hook=https://u:${secret('url')}@h.example`
      const body = door.body ? secretsIn(sampleOf(door.body, true)) : { password: secret('body') }
      const answer = await client.request(door.method.toUpperCase(), asked, {
        ...(door.method === 'get' ? {} : { raw: JSON.stringify(body) }),
        headers,
      })
      if (answer.status === 500) broken.add(nameOf(door))
      // Nor does an answer repeat what was shown to prove something.
      if (answer.status >= 400 && n > 0)
        expect(JSON.stringify(answer.body), `${door.method} ${address}`).not.toMatch(
          new RegExp(`${MARK}-(token|bearer|basic|cookie|sentry|header)`),
        )
    }
  }
  return broken
}

/** Each place where a mark was found, with what stands around it. */
const marksIn = (where: string, text: string): string[] =>
  [...text.matchAll(new RegExp(`.{0,80}${MARK}.{0,40}`, 'g'))].map(([found]) => `${where}: ${found}`)

/** All rows of all tables as text; what is free text of people (names, labels) is allowed to say anything. */
async function tables(): Promise<{ name: string; text: string }[]> {
  const { rows } = await pool.query<{ name: string }>(
    `select relname as name from pg_class where relkind in ('r', 'p') and relnamespace = current_schema()::regnamespace
       and not relispartition`,
  )
  return Promise.all(
    rows.map(async ({ name }) => {
      const found = await pool.query<{ line: string }>(`select t::text as line from "${name}" t`)
      return { name, text: found.rows.map(({ line }) => line).join('\n') }
    }),
  )
}

test(
  'SEC-03: no secret that is shown at any door is logged, audited or stored',
  {
    timeout: 180_000,
  },
  async () => {
    const ada = new ApiClient(server.url)
    const email = 'ada@example.org'
    expect((await ada.post('/api/auth/sign-up/email', { name: 'Ada', email, password })).status).toBe(200)
    const org = (await ada.post('/api/v1/orgs', { name: 'Acme' })).body.slug
    const project = (await ada.post(`/api/v1/orgs/${org}/projects`, { name: 'Web' })).body
    const changed = secret('password')
    const change = { currentPassword: password, newPassword: changed }
    expect((await ada.post('/api/auth/change-password', change)).status).toBe(204)
    for (const wrong of [secret('password'), password])
      expect(
        (await new ApiClient(server.url).post('/api/auth/sign-in/email', { email, password: wrong })).status,
      ).toBe(401)
    // Real ones, which are shown once: they are searched for, too.
    const token = (await ada.post(`/api/v1/orgs/${org}/tokens`, { name: 'CI', scopes: ['event:read'] })).body
      .token
    const invitation = (await ada.post(`/api/v1/orgs/${org}/invitations`, { role: 'member' })).body.url
    const invited = String(invitation).split('#')[1]!
    const cookies = [...ada.cookies.values()].map((value) => decodeURIComponent(value))
    const real = [token, invited, ...cookies, ...cookies.map((value) => value.split('.')[1]!)]
    expect(real.every((one) => typeof one === 'string' && one.length > 20)).toBe(true)

    // An event whose secrets stand where programs put them.
    const key = new URL(project.dsn).username
    const event = {
      message: `Login failed: password=${secret('event')}`,
      request: {
        url: `https://user:${secret('event')}@shop.example/?api_key=${secret('event')}`,
        headers: { Authorization: `Bearer ${secret('event')}`, Cookie: `sid=${secret('event')}` },
        data: { password: secret('event'), nested: { access_token: secret('event') } },
      },
      extra: { dsn: `postgresql://app:${secret('event')}@db.example/app`, client_secret: secret('event') },
    }
    const shownAs: Record<string, string>[] = [{ authorization: `Bearer ${key}` }, { 'x-mesher-key': key }]
    for (const headers of shownAs)
      expect(
        (await ada.post('/api/v1/events', event, { headers: { ...headers, origin: null, cookie: null } }))
          .status,
      ).toBe(202)
    const issues = async () => (await ada.get(`/api/v1/projects/${project.id}/issues`)).body.data
    await until(async () => (await issues()).length >= 1, 10_000)
    const { body: found } = await ada.get(`/api/v1/projects/${project.id}/events?limit=1`)
    const whole = await ada.get(`/api/v1/projects/${project.id}/events/${found.data[0].id}`)
    expect(marksIn('the event', JSON.stringify(whole.body))).toEqual([])

    const ids = { org, project: project.id, ingestProject: project.id }
    const who = [ada, new ApiClient(server.url)]
    expect(await bringSecrets(who, ids)).toEqual(new Set())
    for (const where of [LIVE, '/api/v1/events/stream'])
      for (const headers of shown())
        await askForUpgrade(server.port, `${where}?sentry_key=${secret('key')}`, headers)
    // What people type as a name, a search or a label is theirs: the walk puts marks there as well, as `body`.
    const kept = (await tables()).flatMap(({ name, text }) => marksIn(name, text))
    expect(kept.filter((line) => !line.includes(`${MARK}-body-`))).toEqual([])
    const stored = (await tables()).map(({ text }) => text).join('\n')
    // The library keeps a session's own id, which is worth nothing without the signature that goes with it.
    for (const one of [token, invited, ...cookies]) expect(stored.includes(one), one.slice(0, 8)).toBe(false)

    const logs = server.logs()
    expect(marksIn('the log', logs)).toEqual([])
    for (const one of real) expect(logs.includes(one), one.slice(0, 8)).toBe(false)
  },
)

test(
  'SEC-03: nor where what a door needs is gone, neither by the server nor by PostgreSQL',
  {
    timeout: 180_000,
  },
  async () => {
    const dataDirectory = fs.mkdtempSync(path.join(os.tmpdir(), 'mesher-test-'))
    const postgres = await startOwnPostgres({ dataDirectory })
    const troubled = await startServer({ databaseUrl: postgres.url, env: { MESHER_OPEN_SIGNUP: '1' } })
    const own = createPool(postgres.url, { name: 'test', max: 1, statementTimeoutMs: 10_000 })
    try {
      const ada = new ApiClient(troubled.url)
      const email = 'ada@example.org'
      expect((await ada.post('/api/auth/sign-up/email', { name: 'Ada', email, password })).status).toBe(200)
      const org = (await ada.post('/api/v1/orgs', { name: 'Acme' })).body.slug
      const project = (await ada.post(`/api/v1/orgs/${org}/projects`, { name: 'Web' })).body.id
      const ids = { org, project, ingestProject: project }
      const who = [ada, new ApiClient(troubled.url)]
      // Those that no process lives on, which would end the node.
      for (const name of ['saved_view', 'invitation', 'audit_log', 'api_token'])
        await own.query(`alter table ${name} rename to ${name}_gone`)
      const some = await bringSecrets(who, ids)
      expect([...some]).toEqual(
        expect.arrayContaining([
          'POST /api/v1/orgs/[org]/tokens',
          'POST /api/v1/orgs/[org]/invitations',
          'GET /api/v1/orgs/[org]/views',
        ]),
      )
      for (const name of ['session', 'account']) await own.query(`alter table ${name} rename to ${name}_gone`)
      expect((await bringSecrets(who, ids)).size).toBeGreaterThan(some.size)
      const signIn = { email, password: secret('password') }
      const refused = await new ApiClient(troubled.url).post('/api/auth/sign-in/email', signIn)
      expect([refused.status, marksIn('the answer', JSON.stringify(refused.body))]).toEqual([500, []])

      const logs = troubled.logs()
      expect(logs).toContain('request failed')
      expect(marksIn('the log', logs)).toEqual([])
      const ofPostgres = fs.readFileSync(path.join(dataDirectory, 'postgres.log'), 'utf8')
      expect(ofPostgres).toContain('does not exist')
      expect(marksIn("PostgreSQL's log", ofPostgres)).toEqual([])
    } finally {
      await troubled.stop()
      await own.end()
      await postgres.remove()
    }
  },
)
