// Alert rules, alerts and the inbox through the doors of a real node, which also counts, compares and fires.
import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createPool } from '#server/storage/database.ts'
import { MAX_RULES } from '#shared/constants/limits.ts'
import { addMember, ApiClient } from '../../support/api-client.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import { until } from '../../support/until.ts'

let database: TestDatabase
let server: TestServer
let pool: pg.Pool
let owner: ApiClient
let member: ApiClient
let org: string
let project: { id: string; slug: string }
let dsnKey: string

beforeAll(async () => {
  database = await createTestDatabase()
  server = await startServer({ databaseUrl: database.url, env: { MESHER_OPEN_SIGNUP: '1' } })
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
  org = (await owner.post('/api/v1/orgs', { name: 'Acme' })).body.slug
  await addMember(pool, { org, userId: member.userId, role: 'member' })
  project = await newProject('Web')
})

async function newProject(name: string): Promise<{ id: string; slug: string }> {
  const made = (await owner.post(`/api/v1/orgs/${org}/projects`, { name, platform: 'node' })).body
  const [key] = (await owner.get(`/api/v1/projects/${made.id}/keys`)).body.data
  dsnKey = key.publicKey
  return made
}
const rulesPath = (id = '') => `/api/v1/projects/${project.id}/alert-rules${id && `/${id}`}`
const inbox = (query = '') => `/api/v1/orgs/${org}/alerts${query}`
const send = async (message: string, fields: object = {}) => {
  const answer = await new ApiClient(server.url).post(
    '/api/v1/events',
    { message, ...fields },
    { headers: { authorization: `Bearer ${dsnKey}`, origin: null } },
  )
  expect(answer.status).toBe(202)
}
const rule = async (fields: object) => {
  const answer = await owner.post(rulesPath(), { name: 'A rule', ...fields })
  expect(answer.status).toBe(201)
  return answer.body
}
const alerts = async (who = owner, query = '') => (await who.get(inbox(query))).body
/** Alerts of new issues, so many. */
async function newAlerts(...messages: string[]) {
  await rule({ trigger: { type: 'new_issue' } })
  for (const message of messages) await send(message)
  await until(async () => (await alerts()).data.length === messages.length, 10_000)
}
const threshold = { type: 'threshold', count: 20, minutes: 5, per: 'project' }

describe('rules', () => {
  it('ALERT-02: are made, read, changed, muted and deleted, each with a line in the audit log', async () => {
    const made = await rule({ name: ' Checkout ', trigger: threshold, filters: { environment: ['live'] } })
    expect(made).toMatchObject({
      ...{ name: 'Checkout', trigger: threshold, filters: { environment: ['live'] } },
      ...{ cooldownMinutes: 30, enabled: true, mutedUntil: null, openAlerts: 0, lastFiredAt: null },
    })
    const mutedUntil = new Date(Date.now() + 3_600_000).toISOString()
    const changed = await owner.patch(rulesPath(made.id), { mutedUntil, trigger: { type: 'regression' } })
    expect(changed.body).toMatchObject({ name: 'Checkout', mutedUntil, trigger: { type: 'regression' } })
    expect((await member.get(rulesPath(made.id))).body).toEqual(changed.body)
    expect((await member.get(rulesPath())).body).toEqual({ data: [changed.body], nextCursor: null })
    expect((await owner.request('DELETE', rulesPath(made.id))).status).toBe(204)
    expect((await owner.get(rulesPath(made.id))).status).toBe(404)
    const { rows } = await pool.query(
      `select action, data from audit_log where action like 'alert_rule.%' order by id`,
    )
    expect(rows.map(({ action }) => action)).toEqual([
      'alert_rule.created',
      'alert_rule.updated',
      'alert_rule.deleted',
    ])
    expect(rows[2].data).toEqual({ name: 'Checkout' })
  })

  it('ALERT-02: what is wrong is said with its place', async () => {
    for (const [fields, path] of [
      [{ trigger: { ...threshold, minutes: 0 } }, 'trigger.minutes'],
      [{ trigger: { ...threshold, minutes: 1_441 } }, 'trigger.minutes'],
      [{ trigger: { ...threshold, type: 'users', minutes: 61 } }, 'trigger.minutes'],
      [{ trigger: { ...threshold, count: -1 } }, 'trigger.count'],
      [{ trigger: { type: 'nonsense' } }, 'trigger.type'],
      [{ trigger: threshold, name: ' ' }, 'name'],
      [{ trigger: threshold, cooldownMinutes: 1_441 }, 'cooldownMinutes'],
      [{ trigger: threshold, filters: { level: [] } }, 'filters.level'],
      [{ trigger: threshold, filters: { colour: ['red'] } }, 'filters'],
      [{ trigger: threshold, filters: { query: 'level:nonsense' } }, 'query'],
    ] as const) {
      const { status, body } = await owner.post(rulesPath(), { name: 'A rule', ...fields })
      expect([status, body.error?.details?.[0]?.path ?? body], JSON.stringify(fields)).toEqual([400, path])
    }
    const { body } = await owner.post(rulesPath(), {
      name: 'A',
      trigger: threshold,
      filters: { query: 'a level:nonsense' },
    })
    expect(body.error.details[0]).toMatchObject({ path: 'query', from: 8, to: 16 })
    const made = await rule({ trigger: threshold })
    expect((await owner.patch(rulesPath(made.id), { filters: { query: 'level:nonsense' } })).status).toBe(400)
    expect((await owner.patch(rulesPath('999999999'), { name: 'B' })).status).toBe(404)
  })

  it('ALERT-02: a project has a hundred at most, however many are made at once', async () => {
    await pool.query(
      `insert into alert_rule (project_id, name, trigger) select $1, 'Rule ' || i, 'new_issue' from generate_series(1, $2) i`,
      [project.id, MAX_RULES - 2],
    )
    const answers = await Promise.all(
      [1, 2, 3, 4, 5].map(() => owner.post(rulesPath(), { name: 'One more', trigger: threshold })),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 409, 409, 409])
  })

  it('ALERT-06: a preview says how often it would have fired, and what it looked at', async () => {
    for (let i = 0; i < 8; i++)
      await send(i < 6 ? 'Payment failed' : 'Nothing else matters', {
        environment: i % 2 ? 'live' : 'staging',
        user: { id: `u${i}` },
      })
    const preview = async (fields: object) => {
      const { status, body } = await owner.post(rulesPath('preview'), fields)
      expect(status).toBe(200)
      return body
    }
    const filters = { query: 'payment', environment: ['live'] }
    const per = (count: number, fields: object = {}) => ({ trigger: { ...threshold, count, ...fields } })
    expect(await preview({ ...per(2), filters })).toMatchObject({
      count: 1,
      lookedAt: 'events',
      searchedBackTo: null,
    })
    expect(await preview({ ...per(3), filters })).toMatchObject({ count: 0, alerts: [] })
    expect(await preview(per(2, { type: 'users', per: 'issue' }))).toMatchObject({
      count: 1,
      alerts: [{ issue: { title: 'Payment failed' } }],
    })
    expect(await preview({ trigger: { type: 'new_issue' } })).toMatchObject({ count: 2, lookedAt: 'history' })
    expect(await preview({ trigger: { type: 'new_issue' }, filters: { query: 'nothing' } })).toMatchObject({
      count: 1,
      alerts: [{ issue: { title: 'Nothing else matters' } }],
    })
    await until(async () => (await preview(per(7))).count === 1, 10_000)
    expect(await preview(per(8))).toMatchObject({ count: 0, lookedAt: 'rollups' })
    expect(
      (await owner.post(rulesPath('preview'), { ...per(1), filters: { query: 'level:x' } })).status,
    ).toBe(400)
    expect((await member.post(rulesPath('preview'), per(1))).status).toBe(403)
  })
})

describe('firing', () => {
  it('ALERT-03: a node that runs alerts within five seconds of the event that crosses the threshold', async () => {
    const made = await rule({ trigger: threshold, filters: { level: ['error'] } })
    const counted = async () =>
      Number(
        (
          await pool.query(`select coalesce(sum(n), 0) as n from rule_count where project_id = $1`, [
            project.id,
          ])
        ).rows[0].n,
      )
    // A rule is known to the doors within two seconds.
    await until(async () => {
      await send('boom')
      return (await counted()) > 0
    }, 20_000)
    // Counted once nothing is left to fold: the other way round a fold between the two would be missed.
    await until(async () => {
      const { rows } = await pool.query(`select from event_delta where project_id = $1`, [project.id])
      return rows.length === 0
    }, 10_000)
    const before = await counted()
    for (let n = before; n < 20; n++) await send('boom')
    await send('boom', { level: 'warning' })
    await until(async () => (await counted()) === Math.max(20, before), 30_000)
    expect((await alerts()).data).toHaveLength(before > 20 ? 1 : 0)
    await send('boom')
    // Crossed before, where the doors were slow to know the rule: then it rises.
    const crossed = Math.max(20, before) + 1
    await until(async () => (await alerts()).data[0]?.count === crossed, 5_000)
    expect((await alerts()).data).toHaveLength(1)
    expect((await alerts()).data[0]).toMatchObject({
      ...{ state: 'active', count: crossed, issue: null, unread: true },
      rule: {
        id: made.id,
        name: 'A rule',
        trigger: threshold,
        filters: { level: ['error'] },
        cooldownMinutes: 30,
      },
    })
    expect((await owner.get(rulesPath(made.id))).body.openAlerts).toBe(1)
  })
})

describe('the inbox', () => {
  it('ALERT-04: lists all projects, the newest first, by page, project, state, rule and issue', async () => {
    const first = project
    await newAlerts('one')
    project = await newProject('Shop')
    await rule({ trigger: { type: 'new_issue' }, name: 'Shop' })
    await send('two two')
    await send('ten ten ten')
    await until(async () => (await alerts()).data.length === 3, 10_000)
    const { data, counts } = await alerts(member)
    expect(data[2]).toMatchObject({ project: { id: first.id, name: 'Web' }, issue: { title: 'one' } })
    expect(counts).toEqual({ active: 3, acknowledged: 0, unread: 3 })
    expect(data.map(({ id }: { id: string }) => Number(id))).toEqual(
      data.map(({ id }: { id: string }) => Number(id)).sort((a: number, b: number) => b - a),
    )
    const one = await alerts(member, '?limit=2')
    const two = await alerts(member, `?limit=2&cursor=${one.nextCursor}`)
    expect([...one.data, ...two.data]).toEqual(data)
    expect(two.nextCursor).toBeNull()
    const ids = async (query: string) =>
      (await alerts(member, query)).data.map(({ id }: { id: string }) => id)
    const all = data.map(({ id }: { id: string }) => id)
    expect(await ids(`?project=${first.id}`)).toEqual([all[2]])
    expect(await ids(`?rule=${data[0].rule.id}`)).toEqual(all.slice(0, 2))
    expect(await ids(`?issue=${data[1].issue.id}`)).toEqual([all[1]])
    expect(await ids('?state=resolved')).toEqual([])
    expect(await ids('?state=open')).toEqual(all)
    expect((await member.get(inbox('?project=999999'))).status).toBe(404)
    expect((await member.get(inbox(`?state=resolved&cursor=${one.nextCursor}`))).status).toBe(400)
    const ofProject = (await member.get(`/api/v1/projects/${project.id}/alerts`)).body
    expect(ofProject.data).toEqual(data.slice(0, 2))
    expect(ofProject.counts).toEqual({ active: 2, acknowledged: 0, unread: 2 })
  })

  it('ALERT-04: an alert is acknowledged, given back and resolved, with who and when', async () => {
    await newAlerts('boom')
    const [{ id }] = (await alerts()).data
    const path = `/api/v1/projects/${project.id}/alerts/${id}`
    const set = async (who: ApiClient, state: string) => who.patch(path, { state })
    expect((await set(member, 'acknowledged')).body).toMatchObject({
      ...{ state: 'acknowledged', acknowledgedBy: { id: member.userId, name: 'Mel' }, resolvedAt: null },
      acknowledgedAt: expect.any(String),
    })
    expect((await set(owner, 'active')).body).toMatchObject({ acknowledgedBy: null, acknowledgedAt: null })
    await set(member, 'acknowledged')
    const resolved = (await set(owner, 'resolved')).body
    expect(resolved).toMatchObject({
      ...{
        state: 'resolved',
        resolvedBy: { name: 'Olga' },
        acknowledgedBy: { name: 'Mel' },
        resolvedReason: null,
      },
    })
    expect((await set(owner, 'resolved')).body).toEqual(resolved)
    expect((await set(member, 'acknowledged')).status).toBe(409)
    expect((await set(member, 'nonsense')).status).toBe(400)
    expect(
      (await owner.patch(`/api/v1/projects/${project.id}/alerts/99999999`, { state: 'resolved' })).status,
    ).toBe(404)
    const { rows } = await pool.query(
      `select kind, payload from outbox where project_id = $1 and kind like 'alert.%' order by id`,
      [project.id],
    )
    expect(rows.map(({ kind, payload }) => `${kind} ${payload.state}`)).toEqual([
      'alert.created active',
      'alert.updated acknowledged',
      'alert.updated active',
      'alert.updated acknowledged',
      'alert.resolved resolved',
    ])
    expect(rows[4].payload).toMatchObject({
      alertId: id,
      actorId: owner.userId,
      issueTitle: 'boom',
      rule: 'A rule',
    })
  })

  it('ALERT-04: what one member has read is unread to another, and what came meanwhile to both', async () => {
    await newAlerts('one')
    const { readMark } = await alerts(member)
    await send('two two')
    await until(async () => (await alerts(member)).data.length === 2, 10_000)
    const read = (who: ApiClient, body: object) => who.post(inbox('/read'), body)
    expect((await read(member, { mark: readMark })).status).toBe(204)
    const after = await alerts(member)
    expect(after.counts.unread).toBe(1)
    expect(after.data.map(({ unread }: { unread: boolean }) => unread)).toEqual([true, false])
    expect((await alerts(owner)).counts.unread).toBe(2)
    expect((await read(member, {})).status).toBe(204)
    expect((await alerts(member)).counts.unread).toBe(0)
    // An older answer of another window changes nothing.
    expect((await read(member, { mark: readMark })).status).toBe(204)
    expect((await alerts(member)).counts.unread).toBe(0)
    for (const mark of ['', 'nonsense', `${readMark}x`])
      expect((await read(member, { mark })).status).toBe(400)
    const elsewhere = (await owner.post('/api/v1/orgs', { name: 'Other' })).body.slug
    expect((await owner.post(`/api/v1/orgs/${elsewhere}/alerts/read`, { mark: readMark })).status).toBe(400)
  })

  it('ALERT-04: a deleted rule leaves its alerts, resolved and as they were', async () => {
    await newAlerts('boom')
    const [{ rule: snapshot }] = (await alerts()).data
    await owner.request('DELETE', rulesPath(snapshot.id))
    expect((await alerts()).data).toMatchObject([
      { state: 'resolved', resolvedReason: 'rule_deleted', resolvedBy: null, rule: snapshot },
    ])
  })

  it('ALERT-04: a deleted project takes its rules and alerts with it', async () => {
    await newAlerts('boom')
    await rule({ trigger: { ...threshold, type: 'users' } })
    await until(async () => {
      await send('boom', { user: { id: 'ann' } })
      return (await pool.query(`select from rule_user where project_id = $1`, [project.id])).rows.length > 0
    }, 20_000)
    expect(
      (await owner.request('DELETE', `/api/v1/projects/${project.id}`, { body: { confirm: project.slug } }))
        .status,
    ).toBeLessThan(300)
    expect((await alerts()).data).toEqual([])
    await until(async () => {
      const tables = [
        'alert',
        'alert_rule',
        'alert_cause',
        'alert_check',
        'rule_count',
        'rule_user',
        'project',
      ]
      for (const table of tables) {
        const { rows } = await pool.query(
          `select from ${table} where ${table === 'project' ? 'id' : 'project_id'} = $1 limit 1`,
          [project.id],
        )
        if (rows.length > 0) return false
      }
      return true
    }, 30_000)
  })
})
