// Changing many issues at once, against real PostgreSQL, beside a line that goes on storing events: steps, what they
// refuse whole, and undoing.
import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { health } from '#server/domain/dashboard/health.ts'
import { changeIssues } from '#server/domain/issues/change-issues.ts'
import { changeStatus } from '#server/domain/issues/change-status.ts'
import { getIssue } from '#server/domain/issues/get-issue.ts'
import { listIssues } from '#server/domain/issues/list-issues.ts'
import { shortIdOf } from '#server/domain/issues/short-id.ts'
import { undoChange } from '#server/domain/issues/undo-change.ts'
import { writeBatch } from '#server/pipeline/stages/write.ts'
import { openDatabase, setDatabase, type Database } from '#server/storage/database.ts'
import { foldEvents } from '#server/storage/deltas/fold-events.ts'
import { listTopIssues } from '#server/storage/dashboard/list-top-issues.ts'
import { deleteOldOperations } from '#server/storage/issues/operations.ts'
import { listIssuesQuery, undoneIssues, updatedIssues, updateIssues } from '#shared/schemas/issue.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { encodedEvent } from '../../support/encoded.ts'
import {
  ago,
  DAY_MS,
  HOUR_MS,
  storeGroupHour,
  storeIssue,
  storePartitions,
  storeProject,
  storeUser,
  type StoredProject,
} from '../../support/stored.ts'

let test: TestDatabase
let database: Database
let project: StoredProject
let ada: string

beforeAll(async () => {
  process.env.MESHER_SECRET ??= 'a-secret-for-tests-only-0123456789abcdef'
  test = await createTestDatabase()
  database = openDatabase(test.url, { writeConnections: 8 })
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
  ada = await storeMember('Ada')
})

async function storeMember(name: string): Promise<string> {
  const id = await storeUser(database.write, name)
  await database.write.query(
    `insert into member (organization_id, user_id, role) select organization_id, $2, 'member' from project where id = $1`,
    [project.id, id],
  )
  return id
}
const query = async (text: string, ...values: unknown[]) => (await database.write.query(text, values)).rows
const step = async (body: object, actorId = ada) => {
  const answer = await changeIssues(project, updateIssues.parse(body), actorId)
  return updatedIssues.parse(answer)
}
const undo = async (operationId: string, cursor?: string | null, actorId = ada) =>
  undoneIssues.parse(await undoChange(project, { operationId, cursor: cursor ?? undefined }, actorId))
/** Every step of an operation, calling back between two. */
async function walk(body: object, between: () => Promise<unknown> = async () => {}) {
  const steps = [await step(body)]
  while (steps.at(-1)!.nextCursor !== null) {
    await between()
    const { operationId, nextCursor: cursor } = steps.at(-1)!
    steps.push(await step({ ...body, operationId, cursor }))
  }
  return steps
}
const store = (fields: Parameters<typeof storeIssue>[2] = {}) =>
  storeIssue(database.write, project.id, fields)
const stateOf = () =>
  query(
    `select issue_id, status, substatus, resolved_at, archive_until, archived_at, archive_date, archive_count,
            archive_hour_count, assignee_id
     from issue where project_id = $1 order by issue_id`,
    project.id,
  )
const traces = async () =>
  (
    await query(
      `select (select count(*) from issue_activity where project_id = $1) as activities,
              (select count(*) from outbox where project_id = $1) as news,
              (select count(*) from issue_operation where project_id = $1) as operations`,
      project.id,
    )
  )[0]
const refusal = (code: string) => expect.objectContaining({ code })

describe('changing many issues', () => {
  it('ISSUE-03: 1,200 that match are three steps with progress, while new events and issues arrive', async () => {
    await query(
      `insert into issue (project_id, title, level, platform, substatus, first_seen, last_seen, assignee_id)
       select $1, 'Issue ' || i, i % 5, 'node', case i % 3 when 0 then 'new' when 1 then 'ongoing' else 'regressed' end,
              now() - interval '9 days', now() - i * interval '1 second', case when i % 7 = 0 then $2 end
       from generate_series(1, 1200) i`,
      project.id,
      ada,
    )
    await query(
      `insert into event_group (project_id, version, hash, issue_id, why, created_at)
       select project_id, 1, decode(md5(issue_id::text), 'hex'), issue_id, '{}', first_seen from issue where project_id = $1`,
      project.id,
    )
    // Not meant: another state, and seen too long ago.
    const resolved = await store({ status: 'resolved' })
    const old = await store({ lastSeen: ago(3 * DAY_MS) })
    const before = await stateOf()
    const asked = { query: { status: 'unresolved' }, change: { status: 'resolved', assigneeId: ada } }
    let arrived = 0
    const steps = await walk(asked, async () => {
      const events = Array.from({ length: 10 }, (_, i) =>
        encodedEvent({ projectId: project.id, message: `arrives ${'abcdefghij'[i]}${'xyz'[arrived % 3]}` }),
      )
      await writeBatch(database.write, events)
      await foldEvents(database.write, project.id, 0, 1_000)
      arrived++
    })
    expect(steps.map(({ changed, unchanged, total }) => [changed, unchanged, total])).toEqual([
      [500, 0, 1_200],
      [500, 0, null],
      [200, 0, null],
    ])
    expect(arrived).toBe(2)
    expect(
      (
        await query(
          `select count(*) as n from issue where project_id = $1 and status = 'unresolved'`,
          project.id,
        )
      )[0],
    ).toEqual({ n: 21 })
    expect(await getIssue(project, old.id)).toMatchObject({ status: 'unresolved', version: 1 })
    expect(await getIssue(project, resolved.id)).toMatchObject({ version: 1, assignee: null })

    // Since then: one came back by itself, one was archived by somebody, one was deleted.
    const grace = await storeMember('Grace')
    const [first, second, third] = before.map(({ issue_id }) => String(issue_id))
    await query(
      `update issue set status = 'unresolved', substatus = 'regressed', version = version + 1 where issue_id = $1`,
      first,
    )
    await changeStatus(project, { reference: second!, archive: { until: 'forever' }, actorId: grace })
    await query(`delete from issue where issue_id = $1`, third)

    const { operationId } = steps[0]!
    await expect(undo(operationId, null, grace)).rejects.toThrow(refusal('not_found'))
    const undone = [await undo(operationId)]
    while (undone.at(-1)!.nextCursor) undone.push(await undo(operationId, undone.at(-1)!.nextCursor))
    expect(undone.map(({ restored }) => restored)).toEqual([497, 500, 200])
    expect(undone.flatMap(({ skipped }) => skipped)).toEqual([
      { id: first, shortId: shortIdOf(project.slug, first!), title: 'Issue 1', status: 'unresolved' },
      { id: second, shortId: shortIdOf(project.slug, second!), title: 'Issue 2', status: 'archived' },
      { id: third, shortId: shortIdOf(project.slug, third!), title: 'Issue 3', status: 'deleted' },
    ])
    const known = new Set(before.slice(3).map(({ issue_id }) => issue_id))
    expect((await stateOf()).filter(({ issue_id }) => known.has(issue_id))).toEqual(before.slice(3))
    await expect(undo(operationId)).rejects.toThrow(refusal('conflict'))
    await expect(step({ ...asked, operationId })).rejects.toThrow(refusal('conflict'))
  }, 60_000)

  it('ISSUE-03 LIST-02 SEARCH-01: what a search with terms finds is what is changed, through all steps', async () => {
    await query(
      `insert into issue (project_id, title, level, platform, substatus, first_seen, last_seen, event_count, search)
       select $1, 'Cart ' || i, 3 + i % 2, 'node', 'new', now() - interval '1 hour', now() - i * interval '1 second',
              i % 3, case when i % 5 = 0 then '''basket''' else '''cart''' end::tsvector
       from generate_series(1, 5000) i`,
      project.id,
    )
    await query(
      `insert into event_group (project_id, version, hash, issue_id, why)
       select project_id, 1, decode(md5(issue_id::text), 'hex'), issue_id, '{}' from issue where project_id = $1`,
      project.id,
    )
    await query(
      `insert into event (project_id, event_id, expires_on, group_id, received_at, occurred_at, level, platform,
                          environment, title, search, payload, payload_bytes, tags)
       select g.project_id, md5(g.group_id::text)::uuid, d + (8 - extract(isodow from d)::int) % 7, g.group_id, now(),
              now(), 3, 'node', 'production', 'Cart', '', '', 1,
              jsonb_build_object('browser', case when g.issue_id % 4 = 0 then 'Firefox' else 'Chrome' end)
       from event_group g, (select (now() at time zone 'UTC')::date + 90 as d) t where g.project_id = $1`,
      project.id,
    )
    const words = { query: 'is:new events:>0 !level:fatal browser:Chrome cart', status: 'resolved' }
    const listed: string[] = []
    for (let cursor: string | undefined | null; cursor !== null;) {
      const page = await listIssues(project, listIssuesQuery.parse({ ...words, limit: 100, cursor }), ada)
      listed.push(...page.data.map(({ id }) => id))
      cursor = page.nextCursor
    }
    expect(listed.length).toBeGreaterThan(500)
    expect(listed.length).toBeLessThan(2_000)
    const steps = await walk({ query: words, change: { assigneeId: ada } })
    expect(steps[0]).toMatchObject({ changed: 500, total: listed.length })
    expect(steps.reduce((sum, { changed }) => sum + changed, 0)).toBe(listed.length)
    const assigned = await query(
      `select issue_id::text as id from issue where project_id = $1 and assignee_id = $2`,
      project.id,
      ada,
    )
    expect(assigned.map(({ id }) => id).sort()).toEqual(listed.sort())
  })

  it('ISSUE-03: undoing gives each its own state before, whichever it was', async () => {
    const grace = await storeMember('Grace')
    const by = (id: string, what: object) => changeStatus(project, { reference: id, actorId: ada, ...what })
    const made = await Promise.all(
      Array.from({ length: 7 }, (_, i) => store({ title: `Issue ${i}`, eventCount: 10 * i })),
    )
    const [open, resolved, forever, escalating, count, date, assigned] = made.map(({ id }) => id) as [
      string,
      string,
      string,
      string,
      string,
      string,
      string,
    ]
    await by(resolved, { status: 'resolved' })
    await by(forever, { archive: { until: 'forever' } })
    await by(escalating, { archive: { until: 'escalating' } })
    await by(count, { archive: { until: 'count', events: 5 } })
    await by(date, { archive: { until: 'date', at: new Date(Date.now() + DAY_MS).toISOString() } })
    await by(assigned, { assigneeId: grace })
    const before = await stateOf()
    const ids = [shortIdOf(project.slug, open), resolved, forever, escalating, count, date, assigned, open]
    const { operationId, ...answer } = await step({
      ids,
      change: { archive: { until: 'forever' }, assigneeId: ada },
    })
    expect(answer).toEqual({ changed: 7, unchanged: 0, nextCursor: null, total: 7 })
    expect((await listIssues(project, listIssuesQuery.parse({ status: 'archived' }), ada)).data).toHaveLength(
      7,
    )
    expect(await undo(operationId)).toEqual({ restored: 7, skipped: [], nextCursor: null })
    expect(await stateOf()).toEqual(before)
    // All of it is in the history, and in the news.
    const [last] = await query(
      `select kind, data from issue_activity where project_id = $1 and issue_id = $2 order by id desc limit 1`,
      project.id,
      assigned,
    )
    expect(last).toEqual({
      kind: 'assigned',
      data: { reason: 'undo', assignee: { id: grace, name: 'Grace' } },
    })
    expect(await query(`select count(*) as n from outbox where project_id = $1`, project.id)).toEqual([
      { n: 6 + 7 + 7 },
    ])
  })

  it('ISSUE-03: who has left meanwhile is assigned nothing by an undo', async () => {
    const grace = await storeMember('Grace')
    const { id } = await store()
    await changeStatus(project, { reference: id, assigneeId: grace, actorId: ada })
    const { operationId } = await step({ ids: [id], change: { assigneeId: ada } })
    await query('delete from member where user_id = $1', grace)
    expect(await undo(operationId)).toMatchObject({ restored: 1 })
    expect(await getIssue(project, id)).toMatchObject({ assignee: null })
  })

  it('ISSUE-03: a step takes as many statements for two hundred issues as for one, to do and to undo', async () => {
    const ids = (await Promise.all(Array.from({ length: 201 }, () => store()))).map(({ id }) => id)
    const change = { archive: { until: 'count', events: 5 }, assigneeId: ada }
    const statements = vi.spyOn(pg.Client.prototype, 'query')
    const counted = async (work: () => Promise<unknown>) => {
      statements.mockClear()
      await work()
      return statements.mock.calls.length
    }
    const operations: string[] = []
    const changeSome = async (some: string[]) =>
      operations.push((await step({ ids: some, change })).operationId)
    const doing = [
      await counted(() => changeSome(ids.slice(0, 1))),
      await counted(() => changeSome(ids.slice(1))),
    ]
    const undoing = [await counted(() => undo(operations[0]!)), await counted(() => undo(operations[1]!))]
    statements.mockRestore()
    expect(doing[0]).toBeGreaterThan(5)
    expect(doing[1]).toBe(doing[0])
    expect(undoing[0]).toBeGreaterThan(5)
    expect(undoing[1]).toBe(undoing[0])
  })

  it('ISSUE-03: those that are so already are left alone and counted', async () => {
    const [a, b] = [await store(), await store({ status: 'resolved' })]
    expect(await step({ ids: [a.id, b.id], change: { status: 'resolved' } })).toMatchObject({
      changed: 1,
      unchanged: 1,
    })
    expect(await getIssue(project, b.id)).toMatchObject({ version: 1 })
  })

  it('ISSUE-03: a foreign, missing, hidden or malformed id among them, or a stranger to assign to: nothing happens', async () => {
    const ours = await Promise.all([store(), store()])
    const other = await storeProject(database.write)
    const foreign = await storeIssue(database.write, other.id)
    const hidden = await store({ status: 'merged' as never })
    const before = await stateOf()
    const none = await traces()
    const change = { status: 'resolved' }
    for (const id of [
      foreign.id,
      shortIdOf('other', foreign.id),
      '999999999999',
      hidden.id,
      '',
      '1; drop',
      '-1',
    ]) {
      const ids = [...ours.map((issue) => issue.id), id]
      await expect(step({ ids, change })).rejects.toThrow(refusal('not_found'))
      await expect(step({ ids, change: { delete: true } })).rejects.toThrow(refusal('not_found'))
    }
    const stranger = await storeUser(database.write)
    await expect(
      step({ ids: ours.map(({ id }) => id), change: { ...change, assigneeId: stranger } }),
    ).rejects.toThrow(refusal('validation_failed'))
    expect(await stateOf()).toEqual(before)
    expect(await traces()).toEqual(none)
    expect(await query('select status, version from issue where issue_id = $1', foreign.id)).toEqual([
      { status: 'unresolved', version: 1 },
    ])
  })

  it('ISSUE-03: an operation and its cursor are those of one person, one query and one change', async () => {
    await query(
      `insert into issue (project_id, title, level, platform, first_seen, last_seen)
       select $1, 'Issue ' || i, 3, 'node', now(), now() from generate_series(1, 501) i`,
      project.id,
    )
    const asked = { query: { status: 'unresolved' }, change: { status: 'archived' } }
    const { operationId, nextCursor: cursor } = await step(asked)
    const grace = await storeMember('Grace')
    const later = { ...asked, operationId, cursor }
    await expect(step(later, grace)).rejects.toThrow(refusal('not_found'))
    for (const wrong of [
      { ...later, query: { status: 'unresolved', level: 'error' } },
      { ...later, change: { status: 'resolved' } },
      { ...later, operationId: randomUUID() },
      { ...later, cursor: `${cursor}x` },
    ])
      await expect(step(wrong)).rejects.toThrow(refusal('invalid_cursor'))
    await expect(step({ ...asked, operationId, change: { delete: true } })).rejects.toThrow(
      refusal('conflict'),
    )
    expect(await step(later)).toMatchObject({ changed: 1, nextCursor: null, total: null })
    const other = await storeProject(database.write)
    await expect(undoChange(other, { operationId }, ada)).rejects.toThrow(refusal('not_found'))
    await expect(undo(randomUUID())).rejects.toThrow(refusal('not_found'))
  })

  it('ISSUE-03: two people who change the same issues at once neither deadlock nor lose one', async () => {
    const ids = (await Promise.all(Array.from({ length: 60 }, () => store()))).map(({ id }) => id)
    const grace = await storeMember('Grace')
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        step(
          { ids: i % 2 ? ids : ids.toReversed(), change: { status: i % 2 ? 'resolved' : 'archived' } },
          i % 3 ? ada : grace,
        ),
      ),
    )
    for (const { changed, unchanged } of answers) expect(changed + unchanged).toBe(60)
    const versions = await query(
      `select distinct status, version from issue where project_id = $1`,
      project.id,
    )
    expect(versions).toHaveLength(1)
    const changed = answers.reduce((sum, answer) => sum + answer.changed, 0)
    expect(await traces()).toMatchObject({ activities: changed, news: changed })
    expect(versions[0].version).toBe(1 + changed / 60)
  })

  it('ISSUE-03: deleting many is for good, and old operations are swept', async () => {
    const [a, b] = [await store(), await store()]
    const { operationId, changed } = await step({ ids: [a.id, b.id], change: { delete: true } })
    expect(changed).toBe(2)
    await expect(undo(operationId)).rejects.toThrow(refusal('not_found'))
    const c = await store()
    const { operationId: fresh } = await step({ ids: [c.id], change: { status: 'resolved' } })
    const { operationId: aged } = await step({ ids: [c.id], change: { status: 'archived' } })
    await query(`update issue_operation set created_at = now() - interval '25 hours' where id = $1`, aged)
    await expect(undo(aged)).rejects.toThrow(refusal('not_found'))
    while ((await deleteOldOperations(database.write)) > 0);
    expect(
      await query('select operation_id from issue_operation_row where project_id = $1', project.id),
    ).toEqual([{ operation_id: fresh }])
  })
})

describe('lists', () => {
  it('ISSUE-01: show what is assigned to me, to somebody, to nobody', async () => {
    const grace = await storeMember('Grace')
    const [mine, hers, free] = [await store(), await store(), await store()]
    await step({ ids: [mine.id], change: { assigneeId: ada } })
    await step({ ids: [hers.id], change: { assigneeId: grace } })
    const list = async (assignee: string, actorId = ada) =>
      (await listIssues(project, listIssuesQuery.parse({ assignee }), actorId)).data.map(({ id }) => id)
    expect(await list('me')).toEqual([mine.id])
    expect(await list('me', grace)).toEqual([hers.id])
    expect(await list(grace)).toEqual([hers.id])
    expect(await list('none')).toEqual([free.id])
    expect(await list('nobody-known')).toEqual([])
    expect(await step({ query: { assignee: 'me' }, change: { status: 'resolved' } })).toMatchObject({
      changed: 1,
      total: 1,
    })
  })

  it('ISSUE-01: discarded and merged issues are in no list and no figure', async () => {
    const [open, discarded, merged] = [
      await store({ title: 'an open one' }),
      await store({ title: 'a discarded one' }),
      await store({ title: 'a merged one' }),
    ]
    for (const [{ id, groupId }, status] of [
      [discarded, 'discarded'],
      [merged, 'merged'],
    ] as const) {
      await query(`update issue set status = $2 where issue_id = $1`, id, status)
      await query(
        `insert into issue_activity (project_id, issue_id, kind) values ($1, $2, 'regressed')`,
        project.id,
        id,
      )
      await storeGroupHour(database.write, { projectId: project.id, groupId, at: new Date(), n: 50 })
    }
    await storeGroupHour(database.write, {
      projectId: project.id,
      groupId: open.groupId,
      at: new Date(),
      n: 1,
    })
    for (const status of ['unresolved', 'resolved', 'archived']) {
      for (const words of [undefined, 'one']) {
        const { data } = await listIssues(project, listIssuesQuery.parse({ status, query: words }), ada)
        expect(data.map(({ id }) => id)).toEqual(status === 'unresolved' ? [open.id] : [])
      }
    }
    expect(await health(project.id, {})).toMatchObject({ unresolved: 1, newIssues: 1, regressed: 0 })
    const range = { from: ago(2 * HOUR_MS), to: new Date(Date.now() + HOUR_MS) }
    expect((await listTopIssues(database.read, project.id, range, null, 5)).map(({ id }) => id)).toEqual([
      open.id,
    ])
  })
})
