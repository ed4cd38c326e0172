// Webhooks through the doors of a real node, which also makes the alerts and sends them: to a target of this test and to
// the program of the manual.
import { spawn, type ChildProcess } from 'node:child_process'
import path from 'node:path'
import type pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createPool } from '#server/storage/database.ts'
import { MAX_WEBHOOKS } from '#shared/constants/limits.ts'
import { addMember, ApiClient } from '../../support/api-client.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { freePort, startServer, type TestServer } from '../../support/server.ts'
import { until } from '../../support/until.ts'
import { startTarget, status, type WebhookTarget } from '../../support/webhook-target.ts'

const EXAMPLE = path.join(import.meta.dirname, '..', '..', '..', 'docs', 'examples', 'webhook-receiver.mjs')

let database: TestDatabase
let server: TestServer
let pool: pg.Pool
let owner: ApiClient
let member: ApiClient
let target: WebhookTarget
let org: string
let project: { id: string; slug: string }
let dsnKey: string

beforeAll(async () => {
  database = await createTestDatabase()
  server = await startServer({
    databaseUrl: database.url,
    env: { MESHER_OPEN_SIGNUP: '1', MESHER_WEBHOOK_PRIVATE: '1' },
  })
  pool = createPool(database.url, { name: 'test', max: 4, statementTimeoutMs: 10_000 })
  owner = await new ApiClient(server.url).signUp('Olga')
  member = await new ApiClient(server.url).signUp('Mel')
})
afterAll(async () => {
  await server?.stop()
  await pool?.end()
  await database?.drop()
})
beforeEach(async () => {
  target = await startTarget()
  await settle(owner)
  await addMember(pool, { org, userId: member.userId, role: 'member' })
})
afterEach(() => target.close())

async function settle(who: ApiClient) {
  org = (await who.post('/api/v1/orgs', { name: 'Acme' })).body.slug
  project = (await who.post(`/api/v1/orgs/${org}/projects`, { name: 'Web', platform: 'node' })).body
  const [key] = (await who.get(`/api/v1/projects/${project.id}/keys`)).body.data
  dsnKey = key.publicKey
}
const at = (rest = '') => `/api/v1/projects/${project.id}/webhooks${rest}`
const log = (rest = '') => `/api/v1/projects/${project.id}/webhook-deliveries${rest}`
async function make(fields: object = {}, who = owner) {
  const answer = await who.post(at(), { name: 'Ops', url: target.url, ...fields })
  expect(answer.status).toBe(201)
  return answer.body
}
const ruleFor = (...webhookIds: string[]) =>
  owner.post(`/api/v1/projects/${project.id}/alert-rules`, {
    ...{ name: 'Anything new', trigger: { type: 'new_issue' }, webhookIds },
  })
const send = (message: string) =>
  new ApiClient(server.url).post(
    '/api/v1/events',
    { message },
    { headers: { authorization: `Bearer ${dsnKey}`, origin: null } },
  )
const settled = async (id: string) => {
  let found: { state: string; error: string | null } | undefined
  await until(async () => {
    found = (await owner.get(log(`/${id}`))).body
    return found?.state !== 'pending'
  }, 15_000)
  return found!
}

describe('webhooks', () => {
  it('WEBHOOK-01: are made, read, changed and deleted by admins; the secret is shown once, and neither it nor the address is told', async () => {
    const url = `${target.url}/T123/very-secret-part`
    const { secret, ...made } = await make({ url })
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{32}$/)
    expect(made).toMatchObject({
      name: 'Ops',
      url,
      format: 'mesher',
      enabled: true,
      failures: 0,
      pending: 0,
      rules: [],
    })
    expect((await owner.get(at())).body).toEqual({ data: [made], nextCursor: null })
    expect((await owner.get(at(`/${made.id}`))).body).toEqual(made)
    const rule = (await ruleFor(made.id)).body
    expect([rule.webhookIds, rule.webhooks]).toEqual([[made.id], [{ id: made.id, name: 'Ops' }]])
    const changed = await owner.patch(at(`/${made.id}`), { name: ' #ops ', enabled: false, format: 'slack' })
    expect(changed.body).toMatchObject({
      name: '#ops',
      enabled: false,
      format: 'slack',
      url,
      rules: ['Anything new'],
    })
    const replaced = await owner.post(at(`/${made.id}/secret`))
    expect([replaced.status, replaced.body.secret === secret]).toEqual([200, false])
    for (const [method, rest] of [
      ['GET', ''],
      ['POST', ''],
      ['PATCH', `/${made.id}`],
      ['DELETE', `/${made.id}`],
      ['POST', `/${made.id}/test`],
    ] as const)
      expect([method, (await member.request(method, at(rest), { body: {} })).status]).toEqual([method, 403])
    expect((await member.get(log())).status).toBe(403)
    // Members see whom a rule tells, and no address.
    expect((await member.get(`/api/v1/projects/${project.id}/alert-rules`)).body.data[0].webhooks).toEqual([
      { id: made.id, name: '#ops' },
    ])
    expect((await owner.request('DELETE', at(`/${made.id}`))).status).toBe(204)
    expect((await owner.request('DELETE', at(`/${made.id}`))).status).toBe(404)
    expect((await owner.request('DELETE', at('/99999999999999'))).status).toBe(404)
    expect(
      (await owner.get(`/api/v1/projects/${project.id}/alert-rules/${rule.id}`)).body.webhookIds,
    ).toEqual([])
    const { rows } = await pool.query(
      `select action, data from audit_log where action like 'webhook.%' order by id`,
    )
    expect(rows.map(({ action }) => action)).toEqual([
      ...['webhook.created', 'webhook.updated', 'webhook.secret_replaced', 'webhook.deleted'],
    ])
    expect(rows[0].data).toMatchObject({ name: 'Ops', host: new URL(url).host })
    const { rows: audit } = await pool.query(`select data::text from audit_log`)
    const told = server.logs() + JSON.stringify(audit)
    for (const hidden of ['very-secret-part', secret.slice(6), replaced.body.secret.slice(6)])
      expect(told).not.toContain(hidden)
  })

  it('WEBHOOK-02: what is wrong is said with its place; a project has twenty at most, a rule five that are there', async () => {
    for (const [fields, place] of [
      [{ url: 'ftp://example.org' }, 'url'],
      [{ url: 'https://user:password@example.org' }, 'url'],
      [{ url: 'http://example.org:25/' }, 'url'],
      [{ url: 'nonsense' }, 'url'],
      [{ url: `https://example.org/${'x'.repeat(1_000)}` }, 'url'],
      [{ name: ' ' }, 'name'],
      [{ format: 'teams' }, 'format'],
    ] as const) {
      const { status, body } = await owner.post(at(), { name: 'Ops', url: target.url, ...fields })
      expect([status, body.error?.details?.[0]?.path ?? body], JSON.stringify(fields)).toEqual([400, place])
    }
    const { id } = await make()
    expect((await owner.patch(at(`/${id}`), { url: 'file:///etc/passwd' })).status).toBe(400)
    expect((await owner.patch(at('/999999999'), { name: 'B' })).status).toBe(404)
    const elsewhere = project
    await settle(owner)
    for (const ids of [[id], ['99999999999999'], ['1', '2', '3', '4', '5', '6']])
      expect((await ruleFor(...ids)).status).toBe(400)
    project = elsewhere
    await pool.query(
      `insert into webhook (project_id, name, url, format, secret)
       select project_id, name, url, format, secret from webhook, generate_series(1, $2) where project_id = $1`,
      [project.id, MAX_WEBHOOKS - 2],
    )
    const answers = await Promise.all([1, 2, 3].map(() => owner.post(at(), { name: 'Ops', url: target.url })))
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409])
  })

  it('WEBHOOK-01: a test shows what a target answers; one that is off, or asked too often, gets none', async () => {
    const { id } = await make({ format: 'discord' })
    const asked = await owner.post(at(`/${id}/test`))
    expect([asked.status, asked.body]).toMatchObject([202, { kind: 'test', state: 'pending', alert: null }])
    expect(await settled(asked.body.id)).toMatchObject({ state: 'delivered', statusCode: 200, attempts: 1 })
    expect(JSON.parse(target.received[0]!.body).embeds[0].title).toContain('This is a test from Web')
    target.answer(status(404, {}, 'no such channel'))
    const refused = await settled((await owner.post(at(`/${id}/test`))).body.id)
    // A target in a private network: what it says is not shown.
    expect(refused).toMatchObject({ state: 'failed', statusCode: 404, error: 'Answered 404', answer: null })
    expect((await owner.post(log(`/${asked.body.id}/resend`))).status).toBe(409)
    await owner.patch(at(`/${id}`), { enabled: false })
    expect((await owner.post(at(`/${id}/test`))).status).toBe(409)
    await owner.patch(at(`/${id}`), { enabled: true })
    await pool.query(
      `insert into webhook_delivery (project_id, webhook_id, kind, state) select $1, $2, 'test', 'failed' from generate_series(1, 8)`,
      [project.id, id],
    )
    expect((await owner.post(at(`/${id}/test`))).status).toBe(429)
  })

  it('WEBHOOK-01: the log is read by page, webhook, rule and state; an alert is sent again as a delivery of its own', async () => {
    const [one, two] = [await make(), await make({ name: 'Second', format: 'slack' })]
    const rule = (await ruleFor(one.id, two.id)).body
    await send('Payment failed')
    await send('Disk full')
    const rows = async (query = '') => (await owner.get(log(query))).body.data
    await until(async () => (await rows('?state=delivered')).length === 4, 15_000)
    const all = await rows()
    expect(all.map(({ id }: { id: string }) => Number(id))).toEqual(
      all.map(({ id }: { id: string }) => Number(id)).sort((a: number, b: number) => b - a),
    )
    expect(all[0]).toMatchObject({
      kind: 'alert',
      ruleId: rule.id,
      alert: { title: 'Disk full' },
      nextAt: null,
    })
    expect(await rows(`?webhook=${one.id}`)).toHaveLength(2)
    expect(await rows(`?rule=${rule.id}`)).toHaveLength(4)
    expect(await rows(`?rule=${rule.id}0`)).toHaveLength(0)
    expect(await rows('?state=failed')).toHaveLength(0)
    const first = (await owner.get(log('?limit=3'))).body
    const second = (await owner.get(log(`?limit=3&cursor=${first.nextCursor}`))).body
    expect([...first.data, ...second.data]).toEqual(all)
    expect(second.nextCursor).toBeNull()
    expect((await owner.get(log(`?state=failed&cursor=${first.nextCursor}`))).status).toBe(400)
    expect((await owner.get(log('?state=nonsense'))).status).toBe(400)

    const before = target.received.length
    const again = await owner.post(log(`/${all[0].id}/resend`))
    expect([again.status, again.body.kind, again.body.alert]).toEqual([202, 'resend', all[0].alert])
    expect(await settled(again.body.id)).toMatchObject({ state: 'delivered' })
    expect(target.received).toHaveLength(before + 1)
    await pool.query(`delete from alert where project_id = $1`, [project.id])
    expect((await owner.post(log(`/${all[0].id}/resend`))).status).toBe(409)
    expect((await owner.post(log('/999999999/resend'))).status).toBe(404)
  })

  it('WEBHOOK-01: the program of the manual believes what is signed and fresh, and nothing else', async () => {
    const port = await freePort()
    const url = `http://127.0.0.1:${port}/alerts`
    const { secret } = await make({ url })
    const [{ id }] = (await owner.get(at())).body.data
    const { program, said } = await startReceiver(secret, port)
    try {
      await ruleFor(id, (await make()).id)
      await send('Payment failed')
      await until(() => /^alert\.created New issue.*: Payment failed http/m.test(said()), 15_000)
      await until(() => target.received.length > 0, 15_000)
      // The same alert, signed for another webhook; and requests made up.
      const [{ headers, body }] = target.received as [(typeof target.received)[0]]
      const now = String(Math.floor(Date.now() / 1_000))
      const forged: Record<string, string>[] = [
        Object.fromEntries(
          ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => [
            name,
            String(headers[name]),
          ]),
        ),
        {},
        { 'webhook-id': '1', 'webhook-timestamp': now, 'webhook-signature': 'v1,' },
        { 'webhook-id': '1', 'webhook-timestamp': now, 'webhook-signature': `v1,${'A'.repeat(43)}=` },
      ]
      for (const headers of forged)
        expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(401)
    } finally {
      program.kill()
    }
  })

  it('WEBHOOK-02: a node goes to no private network unless its operator says so', async () => {
    const other = await createTestDatabase()
    const closed = await startServer({ databaseUrl: other.url })
    try {
      const who = await new ApiClient(closed.url).signUp('Ada')
      await settle(who)
      const { id } = await make({}, who)
      const test = (await who.post(at(`/${id}/test`))).body
      await until(async () => (await who.get(log(`/${test.id}`))).body.state !== 'pending', 15_000)
      expect((await who.get(log(`/${test.id}`))).body).toMatchObject({
        ...{ state: 'failed', statusCode: null, error: expect.stringContaining('not on the internet') },
      })
      expect(target.received).toEqual([])
    } finally {
      await closed.stop()
      await other.drop()
      await settle(owner)
    }
  })
})

async function startReceiver(
  secret: string,
  port: number,
): Promise<{ program: ChildProcess; said(): string }> {
  const program = spawn(process.execPath, [EXAMPLE], {
    env: { ...process.env, WEBHOOK_SECRET: secret, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  program.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
  await until(() => said.includes('ready'), 10_000)
  return { program, said: () => said }
}
