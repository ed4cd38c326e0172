// Alerts of new issues, regressions and escalations: real batches, real outbox, real PostgreSQL.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { discardIssue, deleteIssue } from '#server/domain/issues/discarded-issues.ts'
import { changeStatus } from '#server/domain/issues/change-status.ts'
import { escalateIssues } from '#server/domain/issues/escalate-issues.ts'
import { mergeIssues } from '#server/domain/issues/merge-issues.ts'
import { writeBatch } from '#server/pipeline/stages/write.ts'
import { alerter } from '#server/processes/alerter.ts'
import { alertOn } from '#server/domain/alerts/alert-on.ts'
import { FLOOD_ALERTS } from '#server/storage/alerts/fire-alerts.ts'
import { findOutboxReader } from '#server/storage/alerts/outbox-reader.ts'
import { listOutbox } from '#server/storage/outbox/list-outbox.ts'
import { openDatabase, setDatabase, type Database } from '#server/storage/database.ts'
import { alertOnAll, alertOnce, alertsOf, dyingAt, storeRule } from '../../support/alerts.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { encodedEvent } from '../../support/encoded.ts'
import { foldAll } from '../../support/fold.ts'
import {
  HOUR_MS,
  storePartitions,
  storeProject,
  storeUser,
  type StoredProject,
} from '../../support/stored.ts'
import { until } from '../../support/until.ts'

let test: TestDatabase
let database: Database
let project: StoredProject
let ada: string

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
  project = await storeProject(database.write)
  ada = await storeUser(database.write, 'Ada')
})

const event = (message: string, options: Partial<Parameters<typeof encodedEvent>[0]> = {}) =>
  encodedEvent({ projectId: project.id, message, ...options })
const send = (...messages: string[]) =>
  writeBatch(
    database.write,
    messages.map((message) => event(message)),
  )
const rule = (fields: Parameters<typeof storeRule>[2]) => storeRule(database.write, project.id, fields)
const alerts = () => alertsOf(database.write, project.id)
const alertAll = () => alertOnAll(database.write)
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
const change = (id: string, what: Omit<Parameters<typeof changeStatus>[1], 'reference' | 'actorId'>) =>
  changeStatus(project, { reference: id, actorId: ada, ...what })
/** Time of what alerts remember passes. */
const later = (minutes: number) =>
  query(
    `update alert set last_at = last_at - make_interval(mins => $2), created_at = created_at - make_interval(mins => $2),
       announced_at = announced_at - make_interval(mins => $2) where project_id = $1`,
    project.id,
    minutes,
  )
const words = ['one', 'two', 'six', 'ten', 'red', 'sea', 'sun', 'ice', 'oak', 'fox']
/** Distinct messages that are distinct issues. */
const messages = (n: number) =>
  Array.from({ length: n }, (_, i) =>
    [...String(i).padStart(3, '0')].map((digit) => words[Number(digit)]).join(' '),
  )

describe('issue triggers', () => {
  it('ALERT-01: a new issue, a regression and an escalation each alert once, with the event that caused them', async () => {
    await rule({ trigger: { type: 'new_issue' }, name: 'New' })
    await rule({ trigger: { type: 'regression' }, name: 'Back' })
    await rule({ trigger: { type: 'escalation' }, name: 'Loud' })
    const first = event('boom', { payload: { environment: 'staging', level: 'fatal' } })
    await writeBatch(database.write, [first, event('boom')])
    await alertAll()
    const id = await issueOf('boom')
    expect(await alerts()).toMatchObject([
      {
        ...{ trigger: 'new_issue', state: 'active', count: 1, issueId: Number(id) },
        cause: { eventId: first.eventId, environment: 'staging', level: 'fatal', issueTitle: 'boom' },
      },
    ])
    await foldAll(database.write, project.id)
    await change(id, { status: 'resolved' })
    const back = event('boom', { receivedAt: Date.now() + 1_000 })
    await writeBatch(database.write, [back])
    await alertAll()
    expect((await alerts()).slice(1)).toMatchObject([
      { trigger: 'regression', cause: { eventId: back.eventId } },
    ])
    await foldAll(database.write, project.id)
    await until(() => Date.now() % HOUR_MS < HOUR_MS - 20_000, 25_000)
    await change(id, { archive: { until: 'escalating' } })
    const loud = Array.from({ length: 40 }, () => event('boom', { receivedAt: Date.now() + 1_500 }))
    await writeBatch(database.write, loud)
    await foldAll(database.write, project.id)
    expect(await escalateIssues(database.write, project.id)).toBe(1)
    await alertAll()
    expect((await alerts()).slice(2)).toMatchObject([{ trigger: 'escalation', count: 1 }])
    expect(loud.map(({ eventId }) => eventId)).toContain((await alerts())[2]!.cause.eventId)
    const news = await query<{ kind: string; payload: { trigger: string } }>(
      `select kind, payload from outbox where project_id = $1 and kind like 'alert.%' order by id`,
      project.id,
    )
    expect(news.map(({ kind, payload }) => `${kind} ${payload.trigger}`)).toEqual([
      'alert.created new_issue',
      'alert.created regression',
      'alert.created escalation',
    ])
  })

  it('ALERT-03: of alerters that race, and die before or after they wrote, each cause alerts once', async () => {
    await rule({ trigger: { type: 'new_issue' } })
    const kinds = messages(40)
    const before = dyingAt(database.write, 'fire-caused', 'before')
    const after = dyingAt(database.write, 'fire-caused', 'after')
    const stop = new AbortController()
    // Each is restarted as its supervisor would.
    const run = async (db: typeof before) => {
      while (!stop.signal.aborted)
        await alertOnce(db).catch((error: Error) => expect(error.message).toBe('died'))
    }
    const alerters = [before, after, database.write, database.read].map(run)
    for (let i = 0; i < kinds.length; i += 4) await send(...kinds.slice(i, i + 4))
    await until(async () => (await alerts()).length >= kinds.length, 30_000)
    await alertAll()
    stop.abort()
    await Promise.all(alerters)
    const found = await alerts()
    expect(found).toHaveLength(kinds.length)
    expect(found.every(({ count }) => count === 1)).toBe(true)
    const created = await query(
      `select from outbox where project_id = $1 and kind = 'alert.created'`,
      project.id,
    )
    expect(created).toHaveLength(kinds.length)
  })

  it('ALERT-03: who read the same news and was slower writes nothing', async () => {
    await rule({ trigger: { type: 'new_issue' } })
    await send('boom')
    const from = await findOutboxReader(database.write)
    await until(async () => (await listOutbox(database.write, from, 200)).length > 0, 10_000)
    const rows = await listOutbox(database.write, from, 200)
    expect(await alertOn(database.write, from, rows)).toBe(1)
    expect(await alertOn(database.write, from, rows)).toBe(0)
    // Even if the place were lost, a cause alerts once.
    await query(`update outbox_reader set xid = $1::xid8, id = $2`, from.xid, from.id)
    await alertAll()
    expect(await alerts()).toMatchObject([{ count: 1 }])
  })

  it('ALERT-03: the process alerts by itself, and another goes on where a dead one stopped', async () => {
    await rule({ trigger: { type: 'new_issue' } })
    const run = (db = database.write as Parameters<typeof alerter>[0]) => {
      const stop = new AbortController()
      const done = alerter(db).start({ signal: stop.signal, ready: () => {} })
      return { done, stop: () => stop.abort() }
    }
    await send('first')
    const dead = run(dyingAt(database.write, 'fire-caused', 'before'))
    await expect(dead.done).rejects.toThrow('died')
    const [one, two] = [run(), run()]
    await send('second')
    await until(async () => (await alerts()).length === 2, 10_000)
    one.stop()
    two.stop()
    await Promise.all([one.done, two.done])
    expect(await alerts()).toHaveLength(2)
  })

  it('ALERT-02: filters look at the event that caused it', async () => {
    const filters = {
      level: { level: ['fatal' as const] },
      environment: { environment: ['production', 'live'] },
      release: { release: ['web@2'] },
      tags: { tags: { browser: 'Firefox' } },
      query: { query: 'browser:Fire* payment !level:info' },
      not: { query: 'browser:Chrome' },
    }
    const names = new Map<number, string>()
    for (const [name, filter] of Object.entries(filters))
      names.set(await rule({ trigger: { type: 'new_issue' }, filters: filter }), name)
    const payload = { level: 'fatal', environment: 'live', release: 'web@2', tags: { browser: 'Firefox' } }
    await writeBatch(database.write, [
      event('payment failed', { payload }),
      event('unrelated trouble', {
        payload: { level: 'info', environment: 'staging', tags: { browser: 'Safari' } },
      }),
    ])
    await alertAll()
    const found = await alerts()
    expect(found.map(({ ruleId }) => names.get(ruleId)).sort()).toEqual([
      'environment',
      'level',
      'query',
      'release',
      'tags',
    ])
    expect(new Set(found.map(({ issueId }) => issueId))).toEqual(
      new Set([Number(await issueOf('payment failed'))]),
    )
  })

  it('ALERT-04: one alert is open for a rule and an issue; another comes after it is resolved and the cooldown is over', async () => {
    await rule({ trigger: { type: 'regression' }, cooldownMinutes: 30 })
    await send('boom')
    const id = await issueOf('boom')
    let at = Date.now()
    const regress = async () => {
      await change(id, { status: 'resolved' })
      await writeBatch(database.write, [event('boom', { receivedAt: (at += 5_000) })])
      // Resolved at PostgreSQL's time of now: the event must be later.
      await query(
        `update issue set resolved_at = now() - interval '1 day' where project_id = $1 and status = 'resolved'`,
        project.id,
      )
      await writeBatch(database.write, [event('boom', { receivedAt: at })])
      await alertAll()
    }
    await regress()
    await regress()
    expect(await alerts()).toMatchObject([{ count: 2, state: 'active' }])
    await query(`update alert set state = 'acknowledged' where project_id = $1`, project.id)
    await regress()
    expect(await alerts()).toMatchObject([{ count: 3, state: 'acknowledged' }])
    await query(`update alert set state = 'resolved' where project_id = $1`, project.id)
    await regress()
    expect(await alerts()).toMatchObject([{ count: 3, state: 'resolved' }])
    await later(31)
    await regress()
    expect(await alerts()).toMatchObject([{ count: 3 }, { count: 1, state: 'active' }])
  })

  it('ALERT-04: a rule that is off or muted does not alert, nor does an archived or discarded issue', async () => {
    await rule({ trigger: { type: 'new_issue' }, enabled: false })
    await rule({ trigger: { type: 'new_issue' }, mutedUntil: new Date(Date.now() + HOUR_MS).toISOString() })
    const over = await rule({
      trigger: { type: 'new_issue' },
      mutedUntil: new Date(Date.now() - 1_000).toISOString(),
    })
    await send('one', 'two two', 'ten ten ten')
    await change(await issueOf('one'), { archive: { until: 'forever' } })
    await discardIssue(project, await issueOf('two two'), ada)
    await alertAll()
    expect(await alerts()).toMatchObject([{ ruleId: over, issueId: Number(await issueOf('ten ten ten')) }])
  })

  it('ALERT-05: too many at once are one alert that says how many more', async () => {
    await rule({ trigger: { type: 'new_issue' } })
    await send(...messages(FLOOD_ALERTS + 20))
    await alertAll()
    await send(...messages(FLOOD_ALERTS + 25).slice(-5))
    await alertAll()
    const found = await alerts()
    expect(found.filter(({ trigger }) => trigger === 'new_issue')).toHaveLength(FLOOD_ALERTS)
    expect(found.filter(({ trigger }) => trigger === 'flood')).toMatchObject([
      { count: 25, ruleId: 0, state: 'active' },
    ])
    // Others are not held back by it, and the project itself has room again later.
    const flooded = project
    project = await storeProject(database.write)
    await rule({ trigger: { type: 'new_issue' } })
    await send('boom')
    await alertAll()
    expect(await alerts()).toHaveLength(1)
    project = flooded
    await later(11)
    await send('something else entirely')
    await alertAll()
    expect((await alerts()).at(-1)).toMatchObject({ trigger: 'new_issue', count: 1 })
  })

  it('ALERT-04: merging, discarding and deleting issues leaves no alert that points nowhere', async () => {
    const id = await rule({ trigger: { type: 'new_issue' } })
    const other = await rule({ trigger: { type: 'new_issue' }, filters: { query: 'two' } })
    await send('one', 'two two', 'ten ten ten', 'red red red red')
    await alertAll()
    const [one, two, ten, red] = await Promise.all(
      ['one', 'two two', 'ten ten ten', 'red red red red'].map(issueOf),
    )
    await mergeIssues(project, { reference: one!, ids: [two!], actorId: ada })
    const ofOne = (await alerts()).filter(({ issueId }) => String(issueId) === one)
    expect(ofOne).toHaveLength(3)
    expect(
      ofOne
        .filter(({ state }) => state === 'active')
        .map(({ ruleId }) => ruleId)
        .sort(),
    ).toEqual([id, other].sort())
    expect(ofOne.filter(({ state }) => state === 'resolved')).toMatchObject([
      { resolvedReason: 'merged', ruleId: id },
    ])
    await discardIssue(project, ten!, ada)
    expect((await alerts()).filter(({ issueId }) => String(issueId) === ten)).toMatchObject([
      { state: 'resolved', resolvedReason: 'discarded' },
    ])
    await deleteIssue(project, red!, ada)
    expect((await alerts()).filter(({ issueId }) => String(issueId) === red)).toEqual([])
  })
})
