// Rules that count: more than so many events, or users, in a window of minutes. Real batches, real folds, real PostgreSQL.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { changeStatus } from '#server/domain/issues/change-status.ts'
import { discardIssue } from '#server/domain/issues/discarded-issues.ts'
import { mergeIssues } from '#server/domain/issues/merge-issues.ts'
import { fireThresholds } from '#server/domain/alerts/fire-thresholds.ts'
import { writeBatch } from '#server/pipeline/stages/write.ts'
import { folder } from '#server/processes/folder.ts'
import { markQuiet } from '#server/storage/alerts/mark-quiet.ts'
import { markAlertRule } from '#server/storage/alerts/alert-rules.ts'
import { openDatabase, setDatabase, type Database, type Db } from '#server/storage/database.ts'
import { FLOOD_ALERTS } from '#server/storage/alerts/fire-alerts.ts'
import { countRuleWindows } from '#server/storage/alerts/count-rule-windows.ts'
import { listRuleChecks } from '#server/storage/alerts/rule-checks.ts'
import { foldEvents } from '#server/storage/deltas/fold-events.ts'
import { alertsOf, countersOf, dyingAt, foldAndFire, storeRule } from '../../support/alerts.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { encodedEvent } from '../../support/encoded.ts'
import { explainer } from '../../support/plan.ts'
import { insertProject } from '../../support/project.ts'
import { storePartitions, storeUser } from '../../support/stored.ts'
import { until } from '../../support/until.ts'

const MINUTE_MS = 60_000

let test: TestDatabase
let database: Database
let project: { id: number; slug: string; key: string }
let ada: string
/** The middle of a minute, a little ago. */
let now: number

beforeAll(async () => {
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
  const { projectId, key } = await insertProject(database.write)
  project = { id: projectId, slug: 'web', key }
  ada = await storeUser(database.write, 'Ada')
  now = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - MINUTE_MS / 2
})

type Options = Partial<Parameters<typeof encodedEvent>[0]>
const event = async (message: string, options: Options = {}) =>
  encodedEvent({
    projectId: project.id,
    message,
    receivedAt: now,
    counters: await countersOf(database.write, project.key),
    ...options,
  })
const events = (n: number, message: string, options: Options = {}) =>
  Promise.all(Array.from({ length: n }, () => event(message, options)))
const send = async (n: number, message = 'boom', options: Options = {}) =>
  writeBatch(database.write, await events(n, message, options))
const threshold = (
  count: number,
  fields: Partial<Parameters<typeof storeRule>[2]> & { per?: 'issue' | 'project'; minutes?: number } = {},
) => {
  const { per = 'project', minutes = 5, ...rest } = fields
  return storeRule(database.write, project.id, {
    trigger: { type: 'threshold', count, minutes, per },
    ...rest,
  })
}
const fire = (db: Db = database.write) => foldAndFire(db, project.id)
const alerts = () => alertsOf(database.write, project.id)
const query = async <Row extends object>(text: string, ...values: unknown[]) =>
  (await database.write.query<Row & Record<string, unknown>>(text, values)).rows
const issueOf = async (message: string) =>
  (
    await query<{ id: string }>(
      `select issue_id::text as id from issue where project_id = $1 and title = $2`,
      project.id,
      message,
    )
  )[0]!.id
const later = (minutes: number) =>
  query(
    `update alert set last_at = last_at - make_interval(mins => $2), announced_at = announced_at - make_interval(mins => $2)
     where project_id = $1`,
    project.id,
    minutes,
  )

describe('thresholds', () => {
  it('ALERT-01: the event above the threshold fires, the one at it does not', async () => {
    await threshold(10)
    await send(10)
    expect(await fire()).toBe(0)
    await send(1)
    expect(await fire()).toBe(1)
    expect(await alerts()).toMatchObject([
      { trigger: 'threshold', count: 11, issueId: 0, cause: { count: 11 } },
    ])
    await send(5, 'something else')
    expect(await fire()).toBe(0)
    expect(await alerts()).toMatchObject([{ count: 16 }])
    expect(await query(`select from alert_check`)).toEqual([])
  })

  it('ALERT-03: duplicates, retries and discarded events are not counted, sampled-out ones are', async () => {
    await threshold(1_000_000)
    const total = async () =>
      (
        await query<{ n: number }>(
          `select coalesce(sum(n), 0) as n from rule_count where project_id = $1`,
          project.id,
        )
      )[0]!.n
    const batch = await events(7, 'boom')
    await writeBatch(database.write, [...batch, batch[0]!])
    await writeBatch(database.write, batch)
    for (const one of batch) one.tried = true
    await writeBatch(database.write, batch)
    await fire()
    expect(await total()).toBe(7)
    // A group of a hundred events is sampled; nothing but a receipt is left of these.
    await send(120)
    await fire()
    const sampled = await events(50, 'boom', { sampleRate: 0.0001 })
    await writeBatch(database.write, sampled)
    await fire()
    await writeBatch(database.write, sampled)
    await fire()
    const [{ stored }] = (await query<{ stored: number }>(
      `select count(*) as stored from event where project_id = $1`,
      project.id,
    )) as [{ stored: number }]
    expect(stored).toBeLessThan(177)
    expect(await total()).toBe(177)
    await discardIssue(project, await issueOf('boom'), ada)
    await send(9)
    await fire()
    expect(await total()).toBe(177)
  })

  it('ALERT-03: of folds and comparisons that race and die, on any node, each event counts once and each crossing alerts once', async () => {
    await threshold(30, { per: 'issue', minutes: 60 })
    const names = ['one', 'two two', 'ten ten ten', 'red red red red']
    const stop = new AbortController()
    const nodes = [
      dyingAt(database.write, 'fire-counted', 'before'),
      dyingAt(database.write, 'fire-counted', 'after'),
      database.write,
      database.read,
    ].map(async (db) => {
      while (!stop.signal.aborted)
        await foldAndFire(db, project.id).catch((error: Error) => expect(error.message).toBe('died'))
    })
    for (let i = 0; i < 31; i++)
      await writeBatch(database.write, await Promise.all(names.map((name) => event(name))))
    await until(async () => (await alerts()).length === names.length, 20_000)
    stop.abort()
    await Promise.all(nodes)
    await fire()
    expect((await alerts()).map(({ count }) => count)).toEqual([31, 31, 31, 31])
    expect(await query(`select sum(n) as n from rule_count where project_id = $1`, project.id)).toEqual([
      { n: 124 },
    ])
    expect(
      await query(`select from outbox where project_id = $1 and kind = 'alert.created'`, project.id),
    ).toHaveLength(4)
  })

  it('ALERT-03: a node that dies between adding up and comparing leaves it to the next', async () => {
    await threshold(3)
    await send(4)
    await foldEvents(database.write, project.id, 0, 1_000)
    expect(await alerts()).toEqual([])
    const stop = new AbortController()
    const done = folder({
      db: database.write,
      now: () => performance.now(),
      takeTouched: () => [],
      folded: () => {},
    }).start({ signal: stop.signal, ready: () => {} })
    await until(async () => (await alerts()).length === 1, 10_000)
    stop.abort()
    await done
  })

  it('ALERT-03: comparing again what somebody else compared changes nothing', async () => {
    await threshold(3)
    await send(4)
    while ((await foldEvents(database.write, project.id, 0, 1_000)).rows > 0);
    const both = await Promise.all([
      fireThresholds(database.write, project.id),
      fireThresholds(database.read, project.id),
    ])
    expect(both.sort()).toEqual([0, 1])
    expect(await alerts()).toMatchObject([{ count: 4 }])
  })

  it('ALERT-01: a window is its minutes, counted by the time events arrived', async () => {
    await threshold(10, { minutes: 3 })
    await send(6, 'boom', { receivedAt: now - 3 * MINUTE_MS })
    await send(6, 'boom', { receivedAt: now })
    expect(await fire()).toBe(0)
    await send(5, 'boom', { receivedAt: now - 2 * MINUTE_MS })
    expect(await fire()).toBe(1)
    expect(await alerts()).toMatchObject([{ count: 11 }])
  })

  it('ALERT-01: what waited in a spool is judged by the minutes it arrived in', async () => {
    await threshold(10, { minutes: 2 })
    const then = now - 50 * MINUTE_MS
    await send(6, 'boom', { receivedAt: then + MINUTE_MS })
    expect(await fire()).toBe(0)
    // The minute before comes later; the window that is now too full ends after it.
    await send(6, 'boom', { receivedAt: then })
    expect(await fire()).toBe(1)
    expect(await alerts()).toMatchObject([{ count: 12 }])
  })

  it('ALERT-02: per issue and by filter, over all groups of a merged issue', async () => {
    const rule = await threshold(5, { per: 'issue', filters: { environment: ['live'] } })
    await send(20, 'one', { payload: { environment: 'staging' } })
    await send(4, 'one', { payload: { environment: 'live' } })
    await send(4, 'two two', { payload: { environment: 'live' } })
    expect(await fire()).toBe(0)
    const one = await issueOf('one')
    await mergeIssues(project, { reference: one, ids: [await issueOf('two two')], actorId: ada })
    await send(1, 'two two', { payload: { environment: 'live' } })
    expect(await fire()).toBe(1)
    expect(await alerts()).toMatchObject([{ ruleId: rule, issueId: Number(one), count: 9 }])
  })

  it('ALERT-04: archived issues do not alert', async () => {
    await threshold(3, { per: 'issue' })
    await send(1)
    await changeStatus(project, {
      reference: await issueOf('boom'),
      actorId: ada,
      archive: { until: 'forever' },
    })
    await send(10)
    expect(await fire()).toBe(0)
    expect(await alerts()).toEqual([])
  })

  it('ALERT-04: a quiet window resolves it, and the cooldown holds the next one back', async () => {
    await threshold(3, { minutes: 5, cooldownMinutes: 30 })
    await send(4)
    await fire()
    expect(await markQuiet(database.write)).toBe(0)
    await later(6)
    expect(await markQuiet(database.write)).toBe(1)
    expect(await alerts()).toMatchObject([{ state: 'resolved', resolvedReason: 'quiet' }])
    await send(1)
    expect(await fire()).toBe(0)
    await later(30)
    await send(1)
    expect(await fire()).toBe(1)
    expect(await alerts()).toMatchObject([{ state: 'resolved' }, { state: 'active', count: 6 }])
    const kinds = await query<{ kind: string }>(
      `select kind from outbox where project_id = $1 and kind like 'alert.%' order by id`,
      project.id,
    )
    expect(kinds.map(({ kind }) => kind)).toEqual(['alert.created', 'alert.resolved', 'alert.created'])
  })

  it('ALERT-02: a changed condition counts anew, what is on its way for the old one is dropped', async () => {
    const id = await threshold(10)
    await send(8)
    await fire()
    const stale = await events(8, 'boom')
    await markAlertRule(
      database.write,
      { projectId: project.id, id: String(id), recount: true },
      {
        ...{ name: 'A rule', trigger: 'threshold', threshold: 10, windowMinutes: 5, perIssue: false },
        ...{
          filters: { level: ['error'] },
          cooldownMinutes: 30,
          enabled: true,
          mutedUntil: null,
          webhookIds: [],
        },
      },
    )
    await writeBatch(database.write, stale)
    await send(8)
    expect(await fire()).toBe(0)
    await send(3)
    expect(await fire()).toBe(1)
    expect(await alerts()).toMatchObject([{ count: 11 }])
  })

  it('ALERT-01: users are counted once, of an issue or of the project', async () => {
    const per = (per: 'issue' | 'project') =>
      storeRule(database.write, project.id, { trigger: { type: 'users', count: 2, minutes: 5, per } })
    const [issue, whole] = [await per('issue'), await per('project')]
    for (const user of ['ann', 'bob']) await send(10, 'one', { user })
    await send(10, 'one', { user: 'ann', receivedAt: now - MINUTE_MS })
    await send(10, 'two two', { user: 'bob' })
    await send(10, 'two two')
    expect(await fire()).toBe(0)
    await send(1, 'two two', { user: 'cat', sampleRate: 0.5 })
    expect(await fire()).toBe(1)
    expect(await alerts()).toMatchObject([{ ruleId: whole, count: 3, trigger: 'users' }])
    await send(1, 'one', { user: 'dan' })
    expect(await fire()).toBe(1)
    expect((await alerts())[1]).toMatchObject({
      ruleId: issue,
      count: 3,
      issueId: Number(await issueOf('one')),
    })
  })

  it('ALERT-01: a query that can no longer be read counts nothing and keeps nobody out', async () => {
    await query(
      `insert into alert_rule (project_id, name, trigger, threshold, window_minutes, per_issue, filters)
       values ($1, 'Broken', 'threshold', 0, 5, false, '{"query": "level:nonsense ("}')`,
      project.id,
    )
    expect(await send(2)).toEqual([{ outcome: 'stored' }, { outcome: 'stored' }])
    expect(await fire()).toBe(0)
  })

  it('ALERT-01: thousands of counts are added up and compared by probes, whatever the planner believes', async () => {
    const ids: number[] = []
    for (const per of ['issue', 'project'] as const) ids.push(await threshold(0, { per }))
    await query(`analyze event_delta, alert_check, rule_count, alert_rule`)
    await query(
      `with i as (
         insert into issue (project_id, title, level, platform, first_seen, last_seen)
         select $1, 'Issue ' || i, 3, 'node', now(), now() from generate_series(1, 3000) i returning issue_id
       )
       insert into event_group (project_id, group_id, version, hash, issue_id, why)
       select $1, 1000000 + issue_id, 1, decode(md5(issue_id::text), 'hex'), issue_id, '{}' from i`,
      project.id,
    )
    await query(
      `insert into event_delta (project_id, group_id, minute, level, environment, n, stored, bytes, new_users,
                                first_seen, last_seen, expires_on, rules)
       select g.project_id, g.group_id, date_trunc('minute', now()), 4, 'production', 1, 1, 1, 0, now(), now(),
              current_date + 90, (select array_agg(counter_id) from alert_rule where project_id = $1)
       from event_group g where g.project_id = $1`,
      project.id,
    )
    const db = explainer(database.write)
    expect(await foldEvents(db, project.id, 0, 20_000)).toMatchObject({ events: 3_000, alertChecks: 3_001 })
    expect(db.plan().readAgain).toEqual([])
    const checks = await listRuleChecks(database.write, project.id, 1_000)
    const windows = await countRuleWindows(db, project.id, checks)
    expect(windows).toHaveLength(1_000)
    expect(db.plan().readAgain).toEqual([])
    expect(db.plan().nodeTypes).not.toContain('Seq Scan')
    expect(await fireThresholds(database.write, project.id)).toBe(FLOOD_ALERTS)
    const found = await alerts()
    expect(found.filter(({ trigger }) => trigger === 'flood')).toMatchObject([
      { count: 3_001 - FLOOD_ALERTS },
    ])
    expect(new Set(found.map(({ ruleId }) => ruleId))).toEqual(new Set([0, ...ids]))
  })
})
