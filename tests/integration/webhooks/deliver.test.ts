// Deliveries of webhooks: real alerts, real queue in PostgreSQL, real sockets to targets that behave in all ways. The
// clock of the queue is a number that the tests turn.
import { createHmac } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { deliver, type DeliverDeps } from '#server/domain/webhooks/deliver.ts'
import { resolveHost, type ResolveHost } from '#server/domain/webhooks/resolve-host.ts'
import { makeSecret, sealSecret } from '#server/domain/webhooks/secret.ts'
import { writeBatch } from '#server/pipeline/stages/write.ts'
import { deliverer } from '#server/processes/deliverer.ts'
import { deleteIssue } from '#server/domain/issues/discarded-issues.ts'
import { FLOOD_ALERTS } from '#server/storage/alerts/fire-alerts.ts'
import { openDatabase, setDatabase, type Database } from '#server/storage/database.ts'
import { claimDeliveries, LEASE_SECONDS } from '#server/storage/webhooks/claim-deliveries.ts'
import { sweepDeliveries } from '#server/storage/webhooks/deliveries.ts'
import { insertWebhook } from '#server/storage/webhooks/webhooks.ts'
import { supervise } from '#server/runtime/supervisor.ts'
import type { WebhookFormat } from '#shared/schemas/webhook.ts'
import {
  alertOnAll,
  alertOnce,
  alertsOf,
  dyingAt,
  foldAndFire,
  storeRule,
  countersOf,
} from '../../support/alerts.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { encodedEvent } from '../../support/encoded.ts'
import { explainer } from '../../support/plan.ts'
import { storePartitions, storeProject, storeUser, type StoredProject } from '../../support/stored.ts'
import { until } from '../../support/until.ts'
import { hang, ok, startTarget, status, type WebhookTarget } from '../../support/webhook-target.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

let test: TestDatabase
let database: Database
let project: StoredProject
let now: number
let secret: string
const targets: WebhookTarget[] = []

beforeAll(async () => {
  process.env.MESHER_SECRET ??= 'a-secret-for-tests-only-0123456789abcdef'
  test = await createTestDatabase()
  database = openDatabase(test.url, { writeConnections: 16 })
  setDatabase(database)
  await storePartitions(database.write)
})
afterAll(async () => {
  setDatabase(undefined)
  await database.close()
  await test.drop()
})
beforeEach(async () => {
  await database.write.query(`delete from webhook`)
  project = await storeProject(database.write)
  secret = makeSecret()
  // Rows are due from the moment they were made.
  now = Date.now() + 1_000
})
afterEach(async () => {
  await Promise.all(targets.splice(0).map((target) => target.close()))
})

const query = async <Row extends object>(text: string, ...values: unknown[]) =>
  (await database.write.query<Row & Record<string, unknown>>(text, values)).rows
async function target(host?: string, port?: number): Promise<WebhookTarget> {
  const started = await startTarget(host, port)
  targets.push(started)
  return started
}
const webhook = (url: string, format: WebhookFormat = 'mesher') =>
  insertWebhook(database.write, project.id, {
    ...{ name: 'Ops', url, format, enabled: true },
    secret: sealSecret(secret, project.id),
  })
const rule = (...webhookIds: string[]) =>
  storeRule(database.write, project.id, { trigger: { type: 'new_issue' }, webhookIds })
const send = (...messages: string[]) =>
  writeBatch(
    database.write,
    messages.map((message) => encodedEvent({ projectId: project.id, message })),
  )
async function alertOf(...messages: string[]) {
  await send(...messages)
  await alertOnAll(database.write)
}
interface Row {
  webhookId: number
  kind: string
  state: string
  attempts: number
  statusCode: number | null
  error: string | null
  answer: string | null
  alertId: number | null
  nextAt: Date
}
const deliveries = () =>
  query<Row>(
    `select webhook_id as "webhookId", kind, state, attempts, status_code as "statusCode", error, answer,
            alert_id as "alertId", next_at as "nextAt"
     from webhook_delivery where project_id = $1 order by delivery_id`,
    project.id,
  )
const deps = (change: Partial<DeliverDeps> = {}): DeliverDeps => ({
  db: database.write,
  publicUrl: 'https://mesher.example',
  now: () => now,
  random: () => 0.5,
  resolve: resolveHost,
  allowPrivate: true,
  timeoutMs: 5_000,
  signal: new AbortController().signal,
  ...change,
})
const claim = () => claimDeliveries(database.write, { now: new Date(now), all: 16, failing: 8 })
/** All that is due now. @returns attempts made */
async function sendDue(change: Partial<DeliverDeps> = {}): Promise<number> {
  let made = 0
  for (;;) {
    const claimed = await claim()
    if (claimed.length === 0) return made
    made += claimed.length
    await Promise.all(claimed.map((delivery) => deliver(delivery, deps(change))))
  }
}
const words = ['one', 'two', 'six', 'ten', 'red', 'sea', 'sun', 'ice', 'oak', 'fox']
const messages = (n: number) =>
  Array.from({ length: n }, (_, i) =>
    [...String(i).padStart(3, '0')].map((digit) => words[Number(digit)]).join(' '),
  )

describe('what is to be delivered', () => {
  it('WEBHOOK-01: each alert is one delivery to each webhook of its rule, across two nodes and a crash', async () => {
    const [one, two, off] = [
      await webhook('http://a.test'),
      await webhook('http://b.test'),
      await webhook('http://c.test'),
    ]
    await query(`update webhook set enabled = false where webhook_id = $1`, off)
    const both = await rule(one, two, off)
    const second = await rule(two)
    await rule()
    await send('one', 'two two', 'ten ten ten')
    const dying = dyingAt(database.write, 'fire-caused', 'after')
    await expect(alertOnce(dyingAt(database.write, 'fire-caused', 'before'))).rejects.toThrow('died')
    await Promise.allSettled([alertOnce(dying), alertOnce(database.write), alertOnce(database.read)])
    await alertOnAll(database.write)
    const alerts = (await alertsOf(database.write, project.id)).map(({ id, ruleId }) => ({ id, ruleId }))
    expect(alerts).toHaveLength(9)
    const expected = alerts.flatMap(({ id, ruleId }) =>
      ruleId === both ? [`${id} ${one}`, `${id} ${two}`] : ruleId === second ? [`${id} ${two}`] : [],
    )
    const found = await deliveries()
    expect(found.map(({ alertId, webhookId }) => `${alertId} ${webhookId}`).sort()).toEqual(expected.sort())
    expect(new Set(found.map(({ state, kind }) => `${state} ${kind}`))).toEqual(new Set(['pending alert']))
  })

  it('WEBHOOK-01: an alert that rises is not told again; thresholds tell theirs, too many at once are one', async () => {
    const [one, two] = [await webhook('http://a.test'), await webhook('http://b.test')]
    await storeRule(database.write, project.id, {
      ...{ trigger: { type: 'threshold', count: 2, minutes: 5, per: 'project' }, webhookIds: [two] },
    })
    const [{ key } = { key: '' }] = await query<{ key: string }>(
      `insert into project_key (project_id, public_key, label) values ($1, md5(random()::text), 'k') returning public_key as key`,
      project.id,
    )
    const counters = await countersOf(database.write, key)
    const count = (n: number) =>
      writeBatch(
        database.write,
        Array.from({ length: n }, () => encodedEvent({ projectId: project.id, message: 'boom', counters })),
      )
    await count(3)
    expect(await foldAndFire(database.write, project.id)).toBe(1)
    await count(5)
    expect(await foldAndFire(database.write, project.id)).toBe(0)
    expect(await deliveries()).toMatchObject([{ webhookId: Number(two), kind: 'alert' }])

    await rule(one)
    await rule(one, two)
    await alertOf(...messages(FLOOD_ALERTS))
    await alertOf(...messages(FLOOD_ALERTS + 5).slice(-5))
    const alerts = await alertsOf(database.write, project.id)
    const flood = alerts.find(({ trigger }) => trigger === 'flood')!
    const rows = await deliveries()
    expect(
      rows
        .filter(({ alertId }) => alertId === flood.id)
        .map(({ webhookId }) => webhookId)
        .sort(),
    ).toEqual([one, two].map(Number).sort())
    expect(rows.length).toBeLessThanOrEqual(2 * FLOOD_ALERTS + 2)
  })
})

describe('delivering', () => {
  it('WEBHOOK-01: arrives with a signature that says who sent it and when, and is logged', async () => {
    const its = await target()
    await rule(await webhook(`${its.url}?token=secret-in-the-address`))
    await alertOf('Payment failed')
    await sendDue()
    expect(await deliveries()).toMatchObject([
      { state: 'delivered', attempts: 1, statusCode: 200, error: null },
    ])
    const [{ headers, body, method, path }] = its.received as [(typeof its.received)[0]]
    expect([method, path, its.received.length]).toEqual(['POST', '/hook?token=secret-in-the-address', 1])
    const key = Buffer.from(secret.replace('whsec_', ''), 'base64')
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
    expect(headers['webhook-signature']).toBe(
      `v1,${createHmac('sha256', key).update(signed).digest('base64')}`,
    )
    expect(Number(headers['webhook-timestamp'])).toBe(Math.floor(now / 1_000))
    expect(JSON.parse(body)).toMatchObject({
      ...{ type: 'alert.created', deliveryId: headers['webhook-id'], issue: { title: 'Payment failed' } },
    })
    const [row] = await query<{ secret: Buffer }>(
      `select secret from webhook where project_id = $1`,
      project.id,
    )
    expect(row!.secret.includes(secret.slice(6, 20))).toBe(false)
  })

  it('WEBHOOK-01: two nodes send each once; one webhook is one node’s at a time', async () => {
    const its = await target()
    let open = 0
    let most = 0
    its.answer((response) => {
      most = Math.max(most, ++open)
      setImmediate(() => {
        open--
        response.end()
      })
    })
    await rule(await webhook(its.url))
    await alertOf(...messages(20))
    const nodes = [database.write, database.read].map((db) =>
      supervise(
        {
          ...{ id: 'root', strategy: 'one_for_one', maxRestarts: 0, withinMs: 1_000 },
          backoff: { initialMs: 1, maxMs: 1, factor: 1, jitter: 0 },
          children: [
            deliverer({ db, publicUrl: 'https://mesher.example', allowPrivate: true, now: () => now }),
          ],
        },
        { onEvent: () => {}, onExhausted: () => {} },
      ),
    )
    await until(async () => (await deliveries()).every(({ state }) => state === 'delivered'), 30_000)
    await Promise.all(nodes.map((node) => node.stop()))
    const ids = its.received.map(({ headers }) => headers['webhook-id'])
    expect([ids.length, new Set(ids).size, most]).toEqual([20, 20, 1])
  })

  it('WEBHOOK-01: what a node that died was sending is sent by another, under the same id; the dead one writes nothing', async () => {
    const its = await target()
    await rule(await webhook(its.url))
    await alertOf('boom')
    const [frozen] = await claim()
    expect(await claim()).toEqual([])
    now += (LEASE_SECONDS + 1) * 1_000
    its.answer(status(500))
    await sendDue()
    expect(await deliveries()).toMatchObject([{ state: 'pending', attempts: 2, statusCode: 500 }])
    its.answer(ok)
    // It wakes up, is answered well, and is too late to say so.
    await deliver(frozen!, deps())
    expect(await deliveries()).toMatchObject([{ state: 'pending', attempts: 2, statusCode: 500 }])
    now += 10 * MINUTE_MS
    await sendDue()
    expect(await deliveries()).toMatchObject([{ state: 'delivered', attempts: 3 }])
    expect(new Set(its.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  })

  it('WEBHOOK-01: a target that hangs costs itself ten seconds and others nothing', async () => {
    const [silent, healthy] = [await target(), await target()]
    silent.answer(hang)
    const dead = await Promise.all(Array.from({ length: 20 }, () => webhook(silent.url)))
    const well = await webhook(healthy.url)
    for (let i = 0; i < dead.length; i += 5) await rule(...dead.slice(i, i + 5))
    await rule(well)
    await alertOf('boom')
    const first = await claim()
    expect(first).toHaveLength(16)
    await Promise.all(first.map((one) => deliver(one, deps({ timeoutMs: 200 }))))
    await sendDue({ timeoutMs: 200 })
    const rows = await deliveries()
    expect(rows.filter(({ webhookId }) => webhookId === Number(well))).toMatchObject([{ state: 'delivered' }])
    expect(new Set(rows.filter(({ state }) => state === 'pending').map(({ error }) => error))).toEqual(
      new Set(['No answer within 0.2 s']),
    )
    // From now on they get half of the connections, after those that work.
    now += HOUR_MS
    await alertOf('two two')
    const next = await claim()
    expect(next).toHaveLength(9)
    expect(
      next[0]!.webhookId === Number(well) || next.some(({ webhookId }) => webhookId === Number(well)),
    ).toBe(true)
  })

  it('WEBHOOK-01: a target that answers 500 for an hour gets it once it is well, later each time', async () => {
    const its = await target()
    its.answer(status(500, {}, 'down'))
    await rule(await webhook(its.url))
    await alertOf('boom', 'two two', 'ten ten ten')
    const from = now
    const at: number[] = []
    while (now < from + HOUR_MS) {
      const before = its.received.length
      await sendDue()
      for (let i = before; i < its.received.length; i++) at.push(Math.round((now - from) / 1_000))
      now += 5_000
    }
    // Three deliveries, one destination: it is asked less often than three times a row of attempts.
    expect(at.length).toBeGreaterThan(9)
    expect(at.length).toBeLessThan(24)
    expect((await deliveries()).map(({ state }) => state)).toEqual(['pending', 'pending', 'pending'])
    const [hook] = await query<{ failures: number; since: Date }>(
      `select failures, failing_since as since from webhook where project_id = $1`,
      project.id,
    )
    expect(hook!.failures).toBe(at.length)
    expect(Math.abs(hook!.since.getTime() - from)).toBeLessThan(1_000)
    its.answer(ok)
    const failed = its.received.length
    for (let i = 0; i < 60 && (await deliveries()).some(({ state }) => state === 'pending'); i++) {
      now += MINUTE_MS
      await sendDue()
    }
    expect((await deliveries()).map(({ state }) => state)).toEqual(['delivered', 'delivered', 'delivered'])
    const ids = its.received.slice(failed).map(({ headers }) => headers['webhook-id'])
    expect([ids.length, new Set(ids).size]).toEqual([3, 3])
    expect(
      await query(
        `select failures, failing_since, held_until from webhook where project_id = $1`,
        project.id,
      ),
    ).toEqual([{ failures: 0, failing_since: null, held_until: null }])
  })

  it('WEBHOOK-01: one that never works is given up within a day, and so is what was never tried', async () => {
    const its = await target()
    its.answer(status(503))
    const [dead, off] = [await webhook(its.url), await webhook(its.url)]
    await rule(dead, off)
    await alertOf('boom')
    await query(`update webhook set enabled = false where webhook_id = $1`, off)
    const from = now
    while (now < from + 25 * HOUR_MS) {
      await sendDue()
      now += 10 * MINUTE_MS
    }
    expect(its.received.length).toBeGreaterThan(8)
    expect(its.received.length).toBeLessThanOrEqual(13)
    expect((await deliveries())[0]).toMatchObject({ state: 'failed', statusCode: 503, error: 'Answered 503' })
    await sweepDeliveries(database.write, new Date(now))
    expect((await deliveries())[1]).toMatchObject({
      state: 'failed',
      attempts: 0,
      error: 'It was never tried',
    })
    await sweepDeliveries(database.write, new Date(now + 31 * 24 * HOUR_MS))
    expect(await deliveries()).toEqual([])
  })

  it('WEBHOOK-01: a target that asks for a pause gets it, for all that waits', async () => {
    const its = await target()
    its.answer(status(429, { 'retry-after': '1200' }, 'slow down'))
    await rule(await webhook(its.url))
    await alertOf('boom', 'two two')
    expect(await sendDue()).toBe(1)
    its.answer(ok)
    now += 19 * MINUTE_MS
    expect(await sendDue()).toBe(0)
    now += 2 * MINUTE_MS
    expect(await sendDue()).toBe(2)
    expect((await deliveries()).map(({ state }) => state)).toEqual(['delivered', 'delivered'])
  })

  it('WEBHOOK-01: what one alert is refused for holds back no other; 410 and a deleted alert are the end', async () => {
    const its = await target()
    const user = await storeUser(database.write)
    await rule(await webhook(its.url))
    await alertOf('boom', 'two two', 'ten ten ten')
    its.answer((response, { body }) =>
      status(body.includes('boom') ? 400 : body.includes('two') ? 410 : 200)(response, null!),
    )
    const [issue] = await query<{ id: string }>(
      `select issue_id::text as id from issue where project_id = $1 and title = 'ten ten ten'`,
      project.id,
    )
    await deleteIssue(project, issue!.id, user)
    await sendDue()
    expect(await deliveries()).toMatchObject([
      { state: 'pending', statusCode: 400, error: 'Answered 400', answer: null },
      { state: 'failed', statusCode: 410 },
      { state: 'failed', statusCode: null, error: 'The alert is deleted' },
    ])
    await query(`update webhook set secret = '\\x01' where project_id = $1`, project.id)
    now += HOUR_MS
    await sendDue()
    expect((await deliveries())[0]).toMatchObject({
      state: 'failed',
      error: expect.stringContaining('replace the secret'),
    })
  })

  it('WEBHOOK-01: an answer is read as far as it is needed, and an odd one costs its delivery only', async () => {
    const its = await target()
    await rule(await webhook(its.url))
    let written = 0
    its.answer((response) => {
      const chunk = Buffer.alloc(64 * 1_024, 'x')
      const more = () => {
        while (!response.destroyed && response.write(chunk)) written += chunk.length
      }
      response.on('drain', more)
      more()
    })
    await alertOf('endless')
    await sendDue()
    expect(await deliveries()).toMatchObject([{ state: 'delivered' }])
    expect(written).toBeLessThan(16 * 1_024 * 1_024)
    for (const [n, [behaviour, error]] of Object.entries([
      [(response) => response.socket?.end('no HTTP at all\r\n\r\n'), 'The answer is no HTTP'],
      [(response) => response.socket?.destroy(), 'The connection was cut before an answer came'],
      [
        (response) => response.socket?.end(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`),
        'The headers of the answer are too large',
      ],
      [
        (response) => response.socket?.write('HTTP/1.1 502 Oops\r\ncontent-length: 5\r\n\r\n'),
        'Answered 502',
      ],
    ] satisfies [Parameters<WebhookTarget['answer']>[0], string][])) {
      its.answer(behaviour)
      await query(`update webhook set held_until = null where project_id = $1`, project.id)
      await alertOf(words[Number(n)]!)
      await sendDue({ timeoutMs: 300 })
      expect((await deliveries()).at(-1)).toMatchObject({ state: 'pending', error })
    }
  })
})

describe('where it is delivered to', () => {
  /** Of one delivery to this address. */
  async function tried(url: string, change: Partial<DeliverDeps>): Promise<Row> {
    await rule(await webhook(url))
    await alertOf('boom')
    await sendDue(change)
    return (await deliveries())[0]!
  }
  const BLOCKED = { state: 'failed', statusCode: null, error: expect.stringContaining('not on the internet') }

  it('WEBHOOK-02: a redirect to 127.0.0.1 is not followed, wherever it leads', async () => {
    const [its, inner] = [await target(), await target()]
    its.answer(status(307, { location: inner.url }))
    expect(await tried(its.url, {})).toMatchObject({
      ...{ state: 'pending', statusCode: 307, error: 'Answered 307: redirects are not followed' },
    })
    expect([its.received.length, inner.received.length]).toEqual([1, 0])
  })

  it.each([
    ...[
      'http://127.0.0.1:PORT/',
      'http://localhost:PORT/',
      'http://[::ffff:127.0.0.1]:PORT/',
      'http://0x7f.1:PORT/',
    ],
    ...['http://2130706433:PORT/', 'http://017700000001:PORT/', 'http://0.0.0.0:PORT/'],
  ])('WEBHOOK-02: %s is refused where private networks are closed', async (url) => {
    const its = await target()
    expect(await tried(url.replace('PORT', String(its.port)), { allowPrivate: false })).toMatchObject(BLOCKED)
    expect(its.received).toEqual([])
  })

  it('WEBHOOK-02: a name is judged by every address it has, and metadata services stay closed to all', async () => {
    const its = await target()
    const named =
      (...addresses: string[]): ResolveHost =>
      () =>
        Promise.resolve(addresses)
    const url = `http://hooks.example:${its.port}/`
    expect(
      await tried(url, { allowPrivate: false, resolve: named('93.184.216.34', '127.0.0.1') }),
    ).toMatchObject(BLOCKED)
    await alertOf('two two')
    await query(`update webhook set held_until = null where project_id = $1`, project.id)
    await sendDue({ resolve: named('169.254.169.254') })
    expect((await deliveries()).at(-1)).toMatchObject(BLOCKED)
    expect(its.received).toEqual([])
  })

  it('WEBHOOK-02: a name that means another address a moment later: the one that was judged is connected to', async () => {
    const judged = await target('127.0.0.1')
    const other = await target('127.0.0.2', judged.port)
    let asked = 0
    const resolve: ResolveHost = () => Promise.resolve(asked++ ? ['127.0.0.2'] : ['127.0.0.1'])
    expect(await tried(`http://rebind.example:${judged.port}/x`, { resolve })).toMatchObject({
      state: 'delivered',
    })
    expect([asked, judged.received.length, other.received.length]).toEqual([1, 1, 0])
    expect(judged.received[0]!.headers.host).toBe(`rebind.example:${judged.port}`)
  })

  it('WEBHOOK-02: names that cannot be resolved, or not in time, are failures like others', async () => {
    const fails =
      (code: string): ResolveHost =>
      () =>
        Promise.reject(Object.assign(new Error(code), { code }))
    expect(await tried('http://nobody.example/', { resolve: fails('ENOTFOUND') })).toMatchObject({
      ...{ state: 'pending', error: 'There is no such host' },
    })
    await alertOf('two two')
    await query(`update webhook set held_until = null where project_id = $1`, project.id)
    await sendDue({ resolve: () => new Promise(() => {}), timeoutMs: 100 })
    expect((await deliveries()).at(-1)).toMatchObject({ state: 'pending', error: 'No answer within 0.1 s' })
  })

  it('WEBHOOK-02: chats get bodies in which nothing of an event calls anybody', async () => {
    const its = await target()
    await rule(await webhook(its.url, 'slack'), await webhook(its.url, 'discord'))
    await alertOf('Boom <!channel> @everyone [x](https://evil.example) **now**')
    await sendDue()
    const bodies = its.received.map(({ body }) => JSON.parse(body) as Record<string, unknown>)
    const slack = bodies.find((body) => 'blocks' in body)!
    const discord = bodies.find((body) => 'embeds' in body)!
    expect(JSON.stringify(discord)).not.toContain('@everyone')
    expect(discord.allowed_mentions).toEqual({ parse: [] })
    expect(slack.text).not.toContain('<!channel>')
    for (const body of bodies) expect(JSON.stringify(body)).not.toContain('://evil')
  })
})

describe('the queue', () => {
  it('WEBHOOK-01: asking for work does not grow with what waits or what was', async () => {
    const ids = await Promise.all(Array.from({ length: 10 }, () => webhook('http://a.test')))
    await query(
      `insert into webhook_delivery (project_id, webhook_id, kind, state, next_at)
       select $1, (array[${ids.join()}])[1 + i % 10], 'test', case when i % 4 = 0 then 'pending' else 'delivered' end,
              now() - interval '1 hour' from generate_series(1, 40000) i`,
      project.id,
    )
    await query(`analyze webhook_delivery`)
    const db = explainer(database.write)
    expect(await claimDeliveries(db, { now: new Date(now), all: 4, failing: 2 })).toHaveLength(4)
    expect(db.plan().nodeTypes).not.toContain('Seq Scan')
    // The others hold what one node takes at a time.
    expect(db.plan().readAgain).not.toContain('waiting')
  })
})
