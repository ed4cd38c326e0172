// Every door tried by everybody: nobody, strangers, each role, tokens of every kind, with the ids of the own and of
// another organisation. What each may is derived from the door's declaration alone, and a request is made up from its
// description, so that a new route is in the walk the moment it exists.
//
// A door that changes something is sent a body that cannot be read: whoever is let in is told so (400), after all that
// is asked about him and before anything happens.
import path from 'node:path'
import { betterAuth } from 'better-auth/minimal'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPool } from '#server/storage/database.ts'
import { socketPaths } from '../../../server/socket-doors.ts'
import { addMember, ApiClient, type Answer } from '../../support/api-client.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { LIVE, LiveClient } from '../../support/live-client.ts'
import { readDoors } from '../../support/read-doors.ts'
import { addressOf, nameOf, readServedDoors, sampleOf, type ServedDoor } from '../../support/served-doors.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import { askForUpgrade } from '../../support/stream-client.ts'
import {
  gatherWalkers,
  promised,
  ROLES,
  signUpCrowd,
  type Crowd,
  type Walker,
} from '../../support/walkers.ts'

const ROOT = path.join(import.meta.dirname, '..', '..', '..')
const ORG_ACCESS: readonly string[] = ROLES

type Ids = Record<string, string>

let database: TestDatabase
let server: TestServer
let pool: pg.Pool
let doors: ServedDoor[]
let ours: Ids
let theirs: Ids
let people: Crowd['people']
let walkers: Walker[]

beforeAll(async () => {
  database = await createTestDatabase()
  server = await startServer({ databaseUrl: database.url, env: { MESHER_OPEN_SIGNUP: '1' } })
  pool = createPool(database.url, { name: 'test', max: 2, statementTimeoutMs: 10_000 })
  people = await signUpCrowd(server.url)
  ours = await fill(people.owner, 'Ours')
  theirs = await fill(people.stranger, 'Theirs')
  for (const role of ['member', 'admin'] as const)
    await addMember(pool, { org: ours.org!, userId: people[role].userId, role })
  walkers = await gatherWalkers(pool, people, { ours: ours.org!, theirs: theirs.org! })
  doors = await readServedDoors(people.nobody)
})
afterAll(async () => {
  await server?.stop()
  await pool?.end()
  await database?.drop()
})

/** An organisation with one of everything an address may name. */
async function fill(who: ApiClient, name: string): Promise<Ids> {
  const org = (await who.post('/api/v1/orgs', { name })).body.slug
  const project = (await who.post(`/api/v1/orgs/${org}/projects`, { name: 'Web' })).body
  const [key] = (await who.get(`/api/v1/projects/${project.id}/keys`)).body.data
  const sent = await new ApiClient(server.url).post(
    '/api/v1/events',
    { message: `Something broke for ${name}` },
    { headers: { authorization: `Bearer ${key.publicKey}`, origin: null } },
  )
  expect(sent.status).toBe(202)
  const [issue] = (await who.get(`/api/v1/projects/${project.id}/issues`)).body.data
  const token = await who.post(`/api/v1/orgs/${org}/tokens`, { name: 'Kept', scopes: ['event:read'] })
  const invitation = await pool.query(
    `insert into invitation (organization_id, role, token_hash, inviter_id, expires_at)
     select id, 'member', sha256(slug::bytea), $2, now() + interval '1 day' from organization where slug = $1
     returning id`,
    [org, who.userId],
  )
  const view = await who.post(`/api/v1/orgs/${org}/views`, { page: 'issues', name: 'Kept', query: {} })
  const rule = await who.post(`/api/v1/projects/${project.id}/alert-rules`, {
    name: 'Kept',
    trigger: { type: 'new_issue' },
  })
  const webhook = await who.post(`/api/v1/projects/${project.id}/webhooks`, {
    name: 'Kept',
    url: 'https://hooks.example.org/kept',
  })
  const delivery = await pool.query(
    `insert into webhook_delivery (project_id, webhook_id, kind, state) values ($1, $2, 'alert', 'failed')
     returning delivery_id as id`,
    [project.id, webhook.body.id],
  )
  const alert = await pool.query(
    `insert into alert (project_id, rule_id, issue_id, trigger, count, rule, cause)
     select project_id, rule_id, $2, trigger, 1, '{"name": "Kept", "filters": {}, "cooldownMinutes": 30}', '{}'
     from alert_rule where project_id = $1 returning alert_id as id`,
    [project.id, issue.id],
  )
  return {
    org,
    project: project.id,
    rule: rule.body.id,
    alert: String(alert.rows[0].id),
    webhook: webhook.body.id,
    delivery: String(delivery.rows[0].id),
    ingestProject: project.id,
    issue: issue.id,
    eventId: sent.body.id,
    key: key.id,
    dsnKey: key.publicKey,
    token: token.body.id,
    view: view.body.id,
    invitation: String(invitation.rows[0].id),
    member: who.userId,
    user: who.userId,
    userId: who.userId,
  }
}

const guarded = (...access: string[]) => doors.filter((door) => access.includes(door.access))
const below = (door: ServedDoor) => ORG_ACCESS.includes(door.access)
const leafNames = ({ parameters }: ServedDoor) =>
  parameters.map(({ name }) => name).filter((name) => name !== 'org' && name !== 'project')

/** Asks what can be asked without changing anything. */
function knock(
  { client, headers }: Pick<Walker, 'client' | 'headers'>,
  door: ServedDoor,
  ids: Ids,
): Promise<Answer> {
  const broken = door.method === 'get' ? {} : { raw: '{' }
  return client.request(door.method.toUpperCase(), addressOf(door, ids), { ...broken, headers })
}

/** An answer of somebody who was let in; what a made-up id names need not be there. */
function wasLetIn(door: ServedDoor, { status, body }: Answer, ids: Ids): boolean {
  if (door.method !== 'get')
    return status === 400 && ['invalid_json', 'validation_failed'].includes(body.error.code)
  if (door.access === 'public') return status < 400
  return status === 200 || (status === 404 && door.parameters.some(({ name }) => ids[name] === undefined))
}

/** Everything of both organisations that only people change. */
async function everything(): Promise<unknown> {
  const { rows } = await pool.query(`
    select (select jsonb_agg(to_jsonb(o) order by id) from organization o) as orgs,
           (select jsonb_agg(to_jsonb(m) order by m.organization_id, m.user_id) from member m) as members,
           (select jsonb_agg(to_jsonb(p) order by p.id) from project p) as projects,
           (select jsonb_agg(to_jsonb(k) - 'last_used_at' order by k.project_id, k.id) from project_key k) as keys,
           (select jsonb_agg(to_jsonb(t) - 'last_used_at' order by t.id) from api_token t) as tokens,
           (select jsonb_agg(to_jsonb(v) order by v.id) from saved_view v) as views,
           (select jsonb_agg(to_jsonb(i) order by i.id) from invitation i) as invitations,
           (select jsonb_agg(to_jsonb(w) order by w.project_id, w.webhook_id) from webhook w) as webhooks,
           (select jsonb_agg(to_jsonb(d) order by d.delivery_id) from webhook_delivery d) as deliveries,
           (select jsonb_agg(jsonb_build_array(i.issue_id, i.status, i.version, i.assignee_id) order by i.issue_id) from issue i) as issues,
           (select jsonb_agg(to_jsonb(a) order by a.id) from audit_log a) as audit,
           (select jsonb_agg(jsonb_build_array(u.id, u.name, u.email) order by u.id) from "user" u) as users,
           (select count(*) from session) as sessions`)
  return rows[0]
}

test('ORG-03: every file behind an address declares who may come in, and nothing is served without a file', () => {
  const files = readDoors(ROOT)
  const served = new Set(doors.map(nameOf))
  for (const file of files) {
    const found = doors.filter(
      ({ route, method }) => route === file.route && (file.method === '' || method === file.method),
    )
    expect(found, `${file.file} is not served`).toHaveLength(1)
    const [door] = found as [ServedDoor]
    expect(door.access, `${file.file} says nothing about itself, or something new`).toMatch(
      /^(public|session|member|admin|owner|installation-owner|metrics|dsn-key|live)$/,
    )
    served.delete(nameOf(door))
  }
  expect([...served]).toEqual([])
})

test('ORG-03: whatever has an organisation or a project in its address is for members', () => {
  for (const door of doors) {
    const belongs = door.parameters.some(({ name }) => name === 'org' || name === 'project')
    expect([nameOf(door), below(door)]).toEqual([nameOf(door), belongs])
    if (door.scope !== null) expect([nameOf(door), belongs]).toEqual([nameOf(door), true])
  }
})

test('ORG-06: reading needs a token for reading, or to administer; changing needs more', () => {
  for (const { route, method, scope } of doors.filter(({ scope }) => scope !== null)) {
    if (method === 'get')
      expect([route, scope]).toEqual([route, expect.stringMatching(/^(event:read|\w+:admin)$/)])
    else expect([route, scope]).not.toEqual([route, 'event:read'])
  }
})

describe('ORG-03, ORG-06: the permission walk', { timeout: 180_000 }, () => {
  test('ORG-03: each door lets in whom it declares, and nobody else; nothing is changed by knocking', async () => {
    const before = await everything()
    const seen = { in: 0, 401: 0, 403: 0, 404: 0 }
    for (const walker of walkers) {
      const knocked = guarded('public', 'session', ...ROLES, 'installation-owner', 'metrics').map(
        async (door) => {
          const expected = promised(walker, door)
          const answer = await knock(walker, door, ours)
          const said = `${walker.name} at ${nameOf(door)}: ${answer.status} ${answer.body?.error?.code ?? ''}`
          seen[expected]++
          if (expected === 'in') expect(wasLetIn(door, answer, ours), said).toBe(true)
          else expect(answer.status, said).toBe(expected)
          if (expected === 401) expect(answer.body.error.code, said).toBe('unauthenticated')
          if (expected === 403) expect(answer.body.error.code, said).toBe('forbidden')
        },
      )
      await Promise.all(knocked)
    }
    // Each kind of answer was really met, and by many.
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(100)
    expect(await everything()).toEqual(before)
  })

  test('ORG-03: with the ids of another organisation nothing is there, and it sounds as if it never was', async () => {
    const before = await everything()
    const absent = { ...ours, org: 'no-such-org', project: '987654321' }
    for (const walker of walkers.filter(({ foreign, is }) => !foreign && is !== null)) {
      const knocked = guarded(...ROLES).map(async (door) => {
        const real = await knock(walker, door, theirs)
        const invented = await knock(walker, door, absent)
        const said = `${walker.name} at ${nameOf(door)}`
        expect([said, real.status]).toEqual([said, 404])
        expect([said, invented.status, invented.body]).toEqual([said, real.status, real.body])
      })
      await Promise.all(knocked)
    }
    expect(await everything()).toEqual(before)
  })

  test('ORG-03: an owner and their tokens find no id of another organisation below the own one', async () => {
    const before = await everything()
    const reached = new Set<string>()
    const owners = walkers.filter(({ role }) => role === 'owner')
    for (const walker of owners) {
      for (const door of guarded(...ROLES).filter((one) => promised(walker, one) === 'in')) {
        for (const leaf of leafNames(door).filter((name) => theirs[name] !== undefined)) {
          const url = addressOf(door, { ...ours, [leaf]: theirs[leaf]! })
          const bodies = door.body
            ? [sampleOf(door.body), sampleOf(door.body, true), { status: 'resolved', label: 'Stolen' }]
            : [undefined]
          for (const body of bodies) {
            const { status } = await walker.client.request(door.method.toUpperCase(), url, {
              body,
              headers: walker.headers,
            })
            const said = `${walker.name} at ${nameOf(door)} with their ${leaf}: ${status}`
            // A body made up from the description may still be refused for what no description says.
            expect(body === undefined ? [404] : [404, 400], said).toContain(status)
            if (status === 404) reached.add(nameOf(door))
          }
        }
      }
    }
    expect(reached.size).toBeGreaterThan(8)
    expect([...reached]).toEqual(
      expect.arrayContaining([
        'PATCH /api/v1/projects/[project]/issues/[issue]',
        'PATCH /api/v1/projects/[project]/keys/[key]',
        'DELETE /api/v1/orgs/[org]/tokens/[token]',
      ]),
    )
    expect(await everything()).toEqual(before)
  })

  test('ORG-03: neither session nor API token opens an ingest door; the key of one project opens no other', async () => {
    const sending = guarded('dsn-key').filter(({ socket }) => !socket)
    expect(sending.length).toBeGreaterThan(3)
    for (const door of sending) {
      for (const walker of walkers) {
        const { status } = await walker.client.request('POST', addressOf(door, ours), {
          body: {},
          headers: walker.headers,
        })
        // Some doors without a project in their address read the body first: it may name the key.
        const refusals = door.route.endsWith('store') ? [400, 401, 403] : [401, 403]
        expect(refusals, `${walker.name} at ${nameOf(door)}: ${status}`).toContain(status)
      }
      if (!door.parameters.some(({ name }) => name === 'ingestProject')) continue
      const foreign = await people.nobody.request('POST', addressOf(door, ours), {
        body: {},
        headers: { 'x-sentry-auth': `Sentry sentry_version=7, sentry_key=${theirs.dsnKey}` },
      })
      expect([nameOf(door), foreign.status]).toEqual([nameOf(door), 403])
    }
    // And the key opens no door of the management API.
    for (const door of guarded('session', ...ROLES, 'installation-owner', 'metrics')) {
      const headers = { authorization: `Bearer ${ours.dsnKey}` }
      const { status } = await knock({ client: people.nobody, headers }, door, ours)
      expect([nameOf(door), status]).toEqual([nameOf(door), 401])
    }
  })

  test('ORG-03: sockets open for the key of a project only, and nowhere but where they are', async () => {
    const sockets = doors.filter(({ socket }) => socket)
    expect(sockets.map(({ route }) => route).sort()).toEqual(socketPaths().sort())
    const upgrade = ({ client, headers }: Pick<Walker, 'client' | 'headers'>, at: string) =>
      askForUpgrade(server.port, at, {
        origin: server.url,
        cookie: [...client.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        ...headers,
      })
    for (const door of sockets) {
      if (door.access === 'live') continue // below
      // A socket for people or tokens has to be taught here what it promises them.
      expect([nameOf(door), door.access]).toEqual([nameOf(door), 'dsn-key'])
      for (const walker of walkers) {
        const { status } = await upgrade(walker, addressOf(door, ours))
        expect([401, 403], `${walker.name} at ${nameOf(door)}: ${status}`).toContain(status)
      }
      const key = { authorization: `Bearer ${ours.dsnKey}` }
      const opened = await upgrade({ client: people.nobody, headers: key }, addressOf(door, ours))
      expect([nameOf(door), opened.status]).toEqual([nameOf(door), 101])
      opened.socket?.destroy()
    }
    const owner = { client: people.owner, headers: {} }
    for (const door of doors.filter(({ socket }) => !socket)) {
      const { status } = await upgrade(owner, addressOf(door, ours))
      expect([nameOf(door), status]).toEqual([nameOf(door), 404])
    }
  })

  test('ORG-03: the live socket lets in whom it promises, and tells nobody of what is not theirs', async () => {
    const live = doors.filter(({ access }) => access === 'live')
    expect(live.map(({ route, socket }) => [route, socket])).toEqual([[LIVE, true]])
    const seen = { in: 0, 401: 0, 403: 0, 404: 0 }
    const reached = { ours: 0, theirs: 0 }
    for (const walker of walkers) {
      const expected = promised(walker, live[0]!)
      seen[expected]++
      const headers = {
        origin: server.url,
        cookie: [...walker.client.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        ...walker.headers,
      }
      const { status, socket } = await askForUpgrade(server.port, LIVE, headers)
      expect(status, `${walker.name}: ${status}`).toBe(expected === 'in' ? 101 : expected)
      socket?.destroy()
      if (expected !== 'in') continue
      const client = await LiveClient.open(server.port, headers)
      const projects = { ours: ours.project!, theirs: theirs.project!, absent: '987654321' }
      for (const [id, projectId] of Object.entries(projects))
        client.send({ type: 'subscribe', id, projectId })
      const orgs = { 'org ours': ours.org!, 'org theirs': theirs.org!, 'org absent': 'no-such-org' }
      for (const [id, org] of Object.entries(orgs)) client.send({ type: 'subscribe', id, org })
      await client.hear((all) => all.filter(({ type }) => /^(subscribed|error)$/.test(type)).length === 6)
      const answer = (id: string) => client.answers.find((one) => 'id' in one && one.id === id)!
      // The words are the same for what is another's and for what never was.
      const said = (id: string) => ({ ...answer(id), id: '' })
      const mine = walker.role !== null
      const foreign = walker.foreign === true && !walker.name.startsWith('nobody')
      for (const [prefix, kind] of [
        ['', 'project'],
        ['org ', 'org'],
      ] as const) {
        const at = `${walker.name}, ${kind}`
        expect([at, answer(`${prefix}ours`).type]).toEqual([at, mine ? 'subscribed' : 'error'])
        expect([at, answer(`${prefix}theirs`).type]).toEqual([at, foreign ? 'subscribed' : 'error'])
        if (!foreign) expect(said(`${prefix}theirs`)).toEqual(said(`${prefix}absent`))
        expect(answer(`${prefix}absent`)).toMatchObject({ type: 'error', code: 'not_found' })
      }
      if (mine) reached.ours++
      if (foreign) reached.theirs++
      await client.close()
    }
    expect(Math.min(seen.in, seen[401], seen[403])).toBeGreaterThan(2)
    expect(Math.min(reached.ours, reached.theirs)).toBeGreaterThan(1)
    const cookie = [...people.owner.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    for (const origin of ['https://evil.example', 'null', '']) {
      const { status, body } = await askForUpgrade(server.port, LIVE, { origin, cookie })
      expect([origin, status, body.error?.code]).toEqual([origin, 403, 'untrusted_origin'])
    }
  })

  test('SEC-01: no door that changes something is opened from another site, by a form, or without an origin', async () => {
    const before = await everything()
    const unsafe = doors.filter(({ method, access }) => method !== 'get' && access !== 'dsn-key')
    expect(unsafe.length).toBeGreaterThan(40)
    for (const door of unsafe) {
      const { owner, installationOwner } = people
      const who = door.access === 'installation-owner' ? installationOwner : owner
      const body = JSON.stringify(door.body ? sampleOf(door.body) : {})
      const ask = (headers: Record<string, string | null>) =>
        who.request(door.method.toUpperCase(), addressOf(door, ours), { raw: body, headers })
      const said = (answer: Answer) => [nameOf(door), answer.status, answer.body?.error?.code]
      for (const origin of ['https://evil.example', 'null', `${server.url}.evil.example`])
        expect(said(await ask({ origin }))).toEqual([nameOf(door), 403, 'untrusted_origin'])
      // Programs without a session sign in without one; whoever has a session is a browser, which always sends it.
      if (door.access !== 'public')
        expect(said(await ask({ origin: null }))).toEqual([nameOf(door), 403, 'untrusted_origin'])
      for (const type of [
        'text/plain',
        'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=x',
      ])
        expect(said(await ask({ 'content-type': type }))).toEqual([
          nameOf(door),
          415,
          'unsupported_media_type',
        ])
    }
    expect(await everything()).toEqual(before)
  })

  test('ORG-03: of the account library only what we declare is served', async () => {
    const library = betterAuth({
      baseURL: server.url,
      secret: 'for-its-table-of-routes-only-0123456789',
      emailAndPassword: { enabled: true },
    })
    const paths = Object.values(library.api).flatMap((route) => {
      const { path: at, options } = route as { path?: string; options?: { method?: string | string[] } }
      return at ? [options?.method ?? 'GET'].flat().map((method) => ({ at: `/api/auth${at}`, method })) : []
    })
    expect(paths.length).toBeGreaterThan(20)
    const declared = new Set(doors.map(nameOf))
    const others = paths.filter(({ at, method }) => !declared.has(`${method} ${at}`))
    expect(others.length).toBeGreaterThan(10)
    for (const walker of walkers.filter(({ name }) => /^(nobody|owner|a token for org:admin)$/.test(name))) {
      for (const { at, method } of others) {
        const { status } = await walker.client.request(method, at.replace(/:\w+/g, 'x'), {
          body: {},
          headers: walker.headers,
        })
        expect([404, 405], `${walker.name} at ${method} ${at}: ${status}`).toContain(status)
      }
    }
  })
})

test('ORG-03: lists show what is ours and nothing of theirs', async () => {
  const slugs = async (who: ApiClient) =>
    (await who.get('/api/v1/orgs')).body.data.map(({ slug }: { slug: string }) => slug)
  expect(await slugs(people.stranger)).toEqual([theirs.org])
  const me = (await people.member.get('/api/v1/me')).body
  expect(me.orgs.map(({ slug }: { slug: string }) => slug)).toEqual([ours.org])
  expect(await slugs(people.installationOwner)).toEqual([])
  const tokens = (await people.owner.get(`/api/v1/orgs/${ours.org}/tokens?limit=100`)).body.data
  expect(tokens.map(({ id }: { id: string }) => id)).not.toContain(theirs.token)
})
