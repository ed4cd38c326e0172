// Who belongs to an organisation: invitations, roles, leaving, handing over; and what a person may change of their own.
import { createHash } from 'node:crypto'
import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createPool } from '#server/storage/database.ts'
import { addMember, ApiClient, PASSWORD } from '../../support/api-client.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { startServer, type TestServer } from '../../support/server.ts'

type Role = 'member' | 'admin' | 'owner'

let database: TestDatabase
let open: TestServer
let closed: TestServer
let pool: pg.Pool
let org: string
let owner: ApiClient
let admin: ApiClient
let member: ApiClient
let stranger: ApiClient

beforeAll(async () => {
  database = await createTestDatabase()
  // Two nodes: people sign up at the first, the second lets in only who is invited.
  open = await startServer({ databaseUrl: database.url, env: { MESHER_OPEN_SIGNUP: '1' } })
  closed = await startServer({ databaseUrl: database.url })
  pool = createPool(database.url, { name: 'test', max: 4, statementTimeoutMs: 10_000 })
  const [first, ...rest] = ['Olga', 'Ann', 'Mel', 'Eve']
  owner = await signUp(first!)
  ;[admin, member, stranger] = (await Promise.all(rest.map(signUp))) as [ApiClient, ApiClient, ApiClient]
})
afterAll(async () => {
  await open.stop()
  await closed.stop()
  await pool.end()
  await database.drop()
})

// An organisation of its own for each test, with one of each role.
beforeEach(async () => {
  org = (await owner.post('/api/v1/orgs', { name: 'Acme' })).body.slug
  await join(admin, 'admin')
  await join(member, 'member')
  await pool.query('DELETE FROM rate_limit')
})

const signUp = (name: string) => new ApiClient(open.url).signUp(name)
const join = (who: ApiClient, role: Role) => addMember(pool, { org, userId: who.userId, role })
const remove = (who: ApiClient, path: string) => who.request('DELETE', path)
const membersPath = (userId = '') => `/api/v1/orgs/${org}/members${userId && `/${userId}`}`
const setRole = (who: ApiClient, whom: ApiClient, role: string) =>
  who.patch(membersPath(whom.userId), { role })
async function roles(): Promise<Record<string, Role>> {
  const { rows } = await pool.query<{ id: string; role: Role }>(
    `SELECT user_id AS id, role FROM member m JOIN organization o ON o.id = m.organization_id WHERE o.slug = $1`,
    [org],
  )
  return Object.fromEntries(rows.map(({ id, role }) => [id, role]))
}
const roleOf = async (who: ApiClient): Promise<Role | undefined> => (await roles())[who.userId]
async function audit(): Promise<[string, string][]> {
  const { rows } = await pool.query<{ action: string; actor: string }>(
    `SELECT action, actor_id AS actor FROM audit_log a JOIN organization o ON o.id = a.organization_id
      WHERE o.slug = $1 AND action <> 'org.created' ORDER BY a.id`,
    [org],
  )
  return rows.map(({ action, actor }) => [action, actor])
}

/** An answer's status and what it is called. */
const said = ({ status, body }: { status: number; body: { error?: { code: string } } }) => [
  status,
  body.error?.code,
]

const invite = (who: ApiClient, body: Record<string, unknown> = { role: 'member' }) =>
  who.post(`/api/v1/orgs/${org}/invitations`, body)
const tokenOf = (url: string) => new URL(url).hash.slice(1)
/** A link's token; the invitation is made by the owner. */
async function token(body: Record<string, unknown> = { role: 'member' }, who = owner): Promise<string> {
  const made = await invite(who, body)
  expect(made.status).toBe(201)
  return tokenOf(made.body.url)
}
const inspect = (text: string) =>
  new ApiClient(closed.url).post('/api/v1/invitations/inspect', { token: text })
const accept = (who: ApiClient, text: string) => who.post('/api/v1/invitations/accept', { token: text })
/** Both doors refuse the link, for this reason. */
async function expectGone(text: string, reason: string) {
  for (const answer of [await inspect(text), await accept(stranger, text)]) {
    expect([...said(answer), answer.body.error.details]).toEqual([410, 'gone', { reason }])
  }
  expect(await roleOf(stranger)).toBeUndefined()
}

describe('an invitation', () => {
  test('ORG-04: is a link whose token is nowhere kept, says what it offers, and makes its holder a member once', async () => {
    const made = await invite(admin, { role: 'admin', note: 'Eve, backend', expiresInDays: 3 })
    expect(made.status).toBe(201)
    const { url, ...listed } = made.body
    expect(url).toMatch(new RegExp(`^${open.url}/invite#[\\w-]{43}$`))
    expect(listed).toMatchObject({ role: 'admin', note: 'Eve, backend', inviter: { name: 'Ann' } })
    const days = (Date.parse(listed.expiresAt) - Date.parse(listed.createdAt)) / 86_400_000
    expect(days).toBeCloseTo(3, 3)
    expect((await owner.get(`/api/v1/orgs/${org}/invitations`)).body.data).toEqual([listed])
    const { rows } = await pool.query(`SELECT * FROM invitation WHERE id = $1`, [listed.id])
    expect(rows[0].token_hash).toEqual(createHash('sha256').update(tokenOf(url)).digest())
    expect(JSON.stringify(rows)).not.toContain(tokenOf(url))

    expect((await inspect(tokenOf(url))).body).toEqual({
      orgName: 'Acme',
      role: 'admin',
      inviterName: 'Ann',
      expiresAt: listed.expiresAt,
    })
    const accepted = await accept(stranger, tokenOf(url))
    expect(accepted.status).toBe(200)
    expect(accepted.body.org).toMatchObject({ slug: org, role: 'admin' })
    expect((await owner.get(`/api/v1/orgs/${org}/invitations`)).body.data).toEqual([])
    expect(await audit()).toEqual([
      ['invitation.created', admin.userId],
      ['invitation.accepted', stranger.userId],
    ])
    const again = await accept(await signUp('Late'), tokenOf(url))
    expect([...said(again), again.body.error.details]).toEqual([410, 'gone', { reason: 'used' }])
  })

  test('ORG-04: of ten holders at once one gets in', async () => {
    const text = await token()
    const holders = await Promise.all(Array.from({ length: 10 }, (_, n) => signUp(`Holder${n}`)))
    const answers = await Promise.all(holders.map((who) => accept(who, text)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(410)])
    expect(Object.keys(await roles())).toHaveLength(4)
  })

  test('ORG-04: is refused when it has expired, and PostgreSQL says when', async () => {
    const text = await token()
    await pool.query(`UPDATE invitation SET expires_at = clock_timestamp() WHERE token_hash = $1`, [
      createHash('sha256').update(text).digest(),
    ])
    await expectGone(text, 'expired')
    expect((await owner.get(`/api/v1/orgs/${org}/invitations`)).body.data).toEqual([])
  })

  test('ORG-04: is refused when it was taken back, which may be said twice', async () => {
    const { body } = await invite(owner)
    const path = `/api/v1/orgs/${org}/invitations/${body.id}`
    expect((await remove(member, path)).status).toBe(403)
    expect((await remove(admin, path)).status).toBe(204)
    expect((await remove(admin, path)).status).toBe(204)
    expect((await audit()).map(([action]) => action)).toEqual(['invitation.created', 'invitation.revoked'])
    await expectGone(tokenOf(body.url), 'revoked')
  })

  test('ORG-04: is worth no more than its inviter at that moment', async () => {
    const byAdmin = await token({ role: 'admin' }, admin)
    const forMember = await token({ role: 'member' }, admin)
    // As if the role went without anybody taking the links back.
    const demote = (role: Role) =>
      pool.query(`UPDATE member SET role = $2 WHERE user_id = $1`, [admin.userId, role])
    await demote('member')
    await expectGone(byAdmin, 'inviter')
    await expectGone(forMember, 'inviter')
    await demote('owner')
    const byOwner = await token({ role: 'owner' }, admin)
    await demote('admin')
    await expectGone(byOwner, 'inviter')
    await pool.query(`DELETE FROM member WHERE user_id = $1`, [admin.userId])
    await expectGone(forMember, 'inviter')
  })

  test('ORG-04: goes with the role that made it, and does not come back with it', async () => {
    await setRole(owner, admin, 'owner')
    const texts = {
      owner: await token({ role: 'owner' }, admin),
      member: await token({ role: 'member' }, admin),
    }
    await setRole(owner, admin, 'admin')
    await setRole(owner, admin, 'owner')
    await expectGone(texts.owner, 'revoked')
    expect((await inspect(texts.member)).status).toBe(200)
    expect((await remove(owner, membersPath(admin.userId))).status).toBe(204)
    await join(admin, 'owner')
    await expectGone(texts.member, 'revoked')
  })

  test('ORG-04: nobody invites above their own role, members nobody', async () => {
    expect(said(await invite(admin, { role: 'owner' }))).toEqual([403, 'forbidden'])
    expect(said(await invite(member))).toEqual([403, 'forbidden'])
    expect(said(await invite(stranger))).toEqual([404, 'not_found'])
    for (const wrong of [
      { role: 'emperor' },
      {},
      { role: 'member', expiresInDays: 0 },
      { role: 'member', expiresInDays: 31 },
      { role: 'member', note: 'x'.repeat(201) },
    ]) {
      expect(said(await invite(owner, wrong))).toEqual([400, 'validation_failed'])
    }
    expect(await audit()).toEqual([])
  })

  test('ORG-04: leaves members as they are, and stays good', async () => {
    const text = await token({ role: 'admin' })
    expect(said(await accept(member, text))).toEqual([409, 'already_member'])
    expect(await roleOf(member)).toBe('member')
    expect((await accept(stranger, text)).status).toBe(200)
  })

  test('ORG-04: one that never was, is not found; accepting takes a session', async () => {
    for (const text of ['nonsense', 'x'.repeat(200), 'ä\0']) {
      expect(said(await inspect(text))).toEqual([404, 'not_found'])
      expect(said(await accept(stranger, text))).toEqual([404, 'not_found'])
    }
    expect(said(await accept(new ApiClient(open.url), await token()))).toEqual([401, 'unauthenticated'])
  })
})

describe('signing up by a link', () => {
  const account = (name: string, invitationToken?: string) => ({
    name,
    email: `${name.toLowerCase()}@invited.example.org`,
    password: PASSWORD,
    invitationToken,
  })
  const signUpBy = (who: ApiClient, body: unknown) => who.post('/api/auth/sign-up/email', body)
  const accounts = async (email: string) =>
    (await pool.query(`SELECT FROM "user" WHERE email = $1`, [email])).rowCount

  test('ORG-04: works where sign-up is closed, and account and membership are there at once', async () => {
    const visitor = new ApiClient(closed.url)
    expect(said(await signUpBy(visitor, account('Grace')))).toEqual([403, 'signup_closed'])
    expect(said(await signUpBy(visitor, account('Grace', 'nonsense')))).toEqual([404, 'not_found'])
    const text = await token({ role: 'admin' })
    expect((await signUpBy(visitor, account('Grace', text))).status).toBe(200)
    const me = (await visitor.get('/api/v1/me')).body
    expect(me).toMatchObject({ name: 'Grace', orgs: [{ slug: org, role: 'admin' }] })
    expect(await audit()).toEqual([
      ['invitation.created', owner.userId],
      ['invitation.accepted', me.id],
    ])
    const second = await signUpBy(new ApiClient(closed.url), account('Second', text))
    expect([...said(second), second.body.error.details]).toEqual([410, 'gone', { reason: 'used' }])
    expect(await accounts('second@invited.example.org')).toBe(0)
  })

  test('ORG-04: of five at once with one link, one has an account, the others nothing', async () => {
    const text = await token()
    const answers = await Promise.all(
      Array.from({ length: 5 }, (_, n) => signUpBy(new ApiClient(closed.url), account(`Racer${n}`, text))),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 410, 410, 410, 410])
    const { rows } = await pool.query(
      `SELECT u.email, m.user_id IS NOT NULL AS member FROM "user" u LEFT JOIN member m ON m.user_id = u.id
        WHERE u.email LIKE 'racer%'`,
    )
    expect(rows).toEqual([{ email: expect.any(String), member: true }])
  })

  test('ORG-04: an address that is taken leaves the link good', async () => {
    const text = await token()
    const taken = { ...account('Taken', text), email: stranger.email }
    expect(said(await signUpBy(new ApiClient(closed.url), taken))).toEqual([409, 'email_taken'])
    expect((await inspect(text)).status).toBe(200)
  })
})

describe('a role', () => {
  test('ORG-02: is changed by admins below owner, by owners all the way', async () => {
    expect(said(await setRole(owner, member, 'emperor'))).toEqual([400, 'validation_failed'])
    expect(said(await setRole(member, admin, 'member'))).toEqual([403, 'forbidden'])
    expect(said(await setRole(admin, member, 'owner'))).toEqual([403, 'forbidden'])
    expect(said(await setRole(admin, owner, 'member'))).toEqual([403, 'forbidden'])
    expect(said(await setRole(owner, stranger, 'member'))).toEqual([404, 'not_found'])
    expect(said(await setRole(stranger, member, 'admin'))).toEqual([404, 'not_found'])
    expect(await audit()).toEqual([])

    expect((await setRole(admin, member, 'admin')).body).toMatchObject({ id: member.userId, role: 'admin' })
    expect((await setRole(admin, member, 'admin')).status).toBe(200)
    expect((await setRole(owner, member, 'owner')).body.role).toBe('owner')
    expect(await audit()).toEqual([
      ['member.updated', admin.userId],
      ['member.updated', owner.userId],
    ])
  })

  test('ORG-02: the last owner stays one, and stays', async () => {
    expect(said(await setRole(owner, owner, 'admin'))).toEqual([409, 'last_owner'])
    expect(said(await remove(owner, membersPath(owner.userId)))).toEqual([409, 'last_owner'])
    expect(await roleOf(owner)).toBe('owner')
    await join(stranger, 'owner')
    expect((await setRole(owner, owner, 'admin')).status).toBe(200)
    expect(await roleOf(owner)).toBe('admin')
  })

  test('ORG-02: of two owners who demote, remove or leave at once one stays', async () => {
    const pairs: ((a: ApiClient, b: ApiClient) => ReturnType<ApiClient['get']>)[] = [
      (a, b) => setRole(a, b, 'member'),
      (a) => setRole(a, a, 'admin'),
      (a, b) => remove(a, membersPath(b.userId)),
      (a) => remove(a, membersPath(a.userId)),
    ]
    for (const [index, act] of pairs.entries()) {
      org = (await owner.post('/api/v1/orgs', { name: 'Rush' })).body.slug
      await join(admin, 'owner')
      const answers = await Promise.all([act(owner, admin), act(admin, owner)])
      expect(
        answers.filter(({ status }) => status < 300),
        `pair ${index}`,
      ).toHaveLength(1)
      expect(Object.values(await roles()).filter((role) => role === 'owner')).toHaveLength(1)
    }
  })

  test('ORG-02: an organisation is handed over by its owner, whole', async () => {
    const transfer = (who: ApiClient, userId: string) => who.post(`/api/v1/orgs/${org}/transfer`, { userId })
    expect(said(await transfer(admin, member.userId))).toEqual([403, 'forbidden'])
    expect(said(await transfer(owner, stranger.userId))).toEqual([404, 'not_found'])
    expect(said(await transfer(owner, owner.userId))).toEqual([400, 'validation_failed'])
    expect((await transfer(owner, member.userId)).body).toMatchObject({ slug: org, role: 'admin' })
    expect(await roles()).toEqual({
      [owner.userId]: 'admin',
      [admin.userId]: 'admin',
      [member.userId]: 'owner',
    })
    expect(await audit()).toEqual([['org.transferred', owner.userId]])
  })
})

describe('leaving', () => {
  test('ORG-02: removing takes rights, and takes everybody whom one may', async () => {
    expect(said(await remove(member, membersPath(admin.userId)))).toEqual([403, 'forbidden'])
    expect(said(await remove(admin, membersPath(owner.userId)))).toEqual([403, 'forbidden'])
    expect(said(await remove(admin, membersPath(stranger.userId)))).toEqual([404, 'not_found'])
    expect((await remove(admin, membersPath(member.userId))).status).toBe(204)
    expect(said(await remove(admin, membersPath(member.userId)))).toEqual([404, 'not_found'])
    expect((await member.get(`/api/v1/orgs/${org}`)).status).toBe(404)
    expect((await remove(admin, membersPath(admin.userId))).status).toBe(204)
    expect(await audit()).toEqual([
      ['member.removed', admin.userId],
      ['member.left', admin.userId],
    ])
  })

  test('ORG-02: takes the issues of that organisation off them, with history and news, and no others', async () => {
    const assigned: Record<string, { project: number; issue: string }> = {}
    const slugs = { here: org, there: (await owner.post('/api/v1/orgs', { name: 'Other' })).body.slug }
    await addMember(pool, { org: slugs.there, userId: member.userId, role: 'member' })
    for (const [name, slug] of Object.entries(slugs)) {
      const project = (await owner.post(`/api/v1/orgs/${slug}/projects`, { name: 'Web' })).body
      const { publicKey } = (await owner.get(`/api/v1/projects/${project.id}/keys`)).body.data[0]
      await owner.post(
        '/api/v1/events',
        { message: 'Something broke' },
        { headers: { 'x-mesher-key': publicKey, origin: null } },
      )
      const [issue] = (await owner.get(`/api/v1/projects/${project.id}/issues`)).body.data
      await pool.query(`UPDATE issue SET assignee_id = $2 WHERE issue_id = $1`, [issue.id, member.userId])
      assigned[name] = { project: project.id, issue: issue.id }
    }
    expect((await remove(member, membersPath(member.userId))).status).toBe(204)
    const { rows } = await pool.query(
      `SELECT assignee_id AS assignee, version FROM issue WHERE issue_id = ANY ($1) ORDER BY issue_id`,
      [Object.values(assigned).map(({ issue }) => issue)],
    )
    expect(rows).toEqual([
      { assignee: null, version: 2 },
      { assignee: member.userId, version: 1 },
    ])
    const { project, issue } = assigned['here']!
    const activity = await pool.query(
      `SELECT kind, actor_id AS actor, data FROM issue_activity WHERE project_id = $1 AND issue_id = $2
        AND kind = 'unassigned'`,
      [project, issue],
    )
    expect(activity.rows).toEqual([
      {
        kind: 'unassigned',
        actor: member.userId,
        data: { assignee: { id: member.userId, name: 'Mel' } },
      },
    ])
    const news = await pool.query(
      `SELECT payload ->> 'version' AS version FROM outbox WHERE project_id = $1 AND kind = 'issue.updated'`,
      [project],
    )
    expect(news.rows).toEqual([{ version: '2' }])
  })
})

describe('an account', () => {
  test('ORG-05: changes its name, everywhere at once', async () => {
    expect((await member.patch('/api/v1/me', { name: '  Melanie ' })).body).toMatchObject({ name: 'Melanie' })
    expect((await member.get('/api/auth/get-session')).body.user.name).toBe('Melanie')
    const listed = (await owner.get(membersPath())).body.data
    expect(listed.find(({ id }: { id: string }) => id === member.userId).name).toBe('Melanie')
    for (const name of ['', '   ', 'x'.repeat(81), 7]) {
      expect(said(await member.patch('/api/v1/me', { name }))).toEqual([400, 'validation_failed'])
    }
    await member.patch('/api/v1/me', { name: 'Mel' })
  })

  test('ORG-05: keeps its other sessions through a change of password, when asked to', async () => {
    const person = await signUp('Roamer')
    const phone = new ApiClient(open.url)
    await phone.post('/api/auth/sign-in/email', { email: person.email, password: PASSWORD })
    const change = (body: Record<string, unknown>) => person.post('/api/auth/change-password', body)
    const next = 'another long password'
    const kept = await change({
      currentPassword: PASSWORD,
      newPassword: next,
      revokeOtherSessions: false,
    })
    expect(kept.status).toBe(204)
    expect((await phone.get('/api/v1/me')).status).toBe(200)
    expect((await change({ currentPassword: next, newPassword: PASSWORD })).status).toBe(204)
    expect((await phone.get('/api/v1/me')).status).toBe(401)
    expect((await person.get('/api/v1/me')).status).toBe(200)
  })
})

describe('signing in too often', () => {
  const attempt = (email: string, password: string) =>
    new ApiClient(open.url).post('/api/auth/sign-in/email', { email, password })

  /** As after many attempts: only this counter, with this count. */
  async function leaveOnly(counter: string, count: number) {
    await pool.query(`DELETE FROM rate_limit WHERE key NOT LIKE $1`, [`sign-in:${counter}:%`])
    expect((await pool.query(`UPDATE rate_limit SET count = $1`, [count])).rowCount).toBe(1)
  }

  test('ORG-05: from one address is stopped after 30 failures in a minute, whatever the account', async () => {
    await attempt('nobody@example.org', 'a wrong password')
    await leaveOnly('address', 29)
    expect((await attempt('somebody@example.org', 'a wrong password')).status).toBe(401)
    const stopped = await attempt(owner.email, PASSWORD)
    expect(said(stopped)).toEqual([429, 'too_many_attempts'])
    expect(Number(stopped.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(Number(stopped.headers.get('retry-after'))).toBeLessThanOrEqual(60)
  })

  test('ORG-05: to one account is stopped whatever the address, and other accounts get in', async () => {
    await attempt(admin.email, 'a wrong password')
    // A hundred failures within the hour, as of many addresses: the one counter that no address is in.
    await leaveOnly('account', 99)
    expect((await attempt(admin.email, 'a wrong password')).status).toBe(401)
    await leaveOnly('account', 100)
    const stopped = await attempt(admin.email, PASSWORD)
    expect(said(stopped)).toEqual([429, 'too_many_attempts'])
    expect(Number(stopped.headers.get('retry-after'))).toBeGreaterThan(60)
    expect((await attempt(owner.email, PASSWORD)).status).toBe(200)
  })
})
