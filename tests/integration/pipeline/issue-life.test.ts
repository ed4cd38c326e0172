// The life of an issue against real PostgreSQL, with events that came through the real line: what people do to it, what
// brings it back, and that each happens once whoever sees it first.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { changeStatus } from '#server/domain/issues/change-status.ts'
import { escalateIssues } from '#server/domain/issues/escalate-issues.ts'
import { getIssue } from '#server/domain/issues/get-issue.ts'
import { issueTimeline } from '#server/domain/issues/issue-timeline.ts'
import { writeBatch } from '#server/pipeline/stages/write.ts'
import { unarchiver } from '#server/processes/upkeep.ts'
import { folder } from '#server/processes/folder.ts'
import { openDatabase, setDatabase, type Database, type Db } from '#server/storage/database.ts'
import { foldEvents } from '#server/storage/deltas/fold-events.ts'
import { listProjectsToCheck } from '#server/storage/issues/list-escalation-checks.ts'
import { markDueUnarchived } from '#server/storage/issues/mark-due-unarchived.ts'
import type { Archive } from '#shared/schemas/issue.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { encodedEvent } from '../../support/encoded.ts'
import {
  ago,
  DAY_MS,
  HOUR_MS,
  storeGroupHour,
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
  // Events and the archiving before them are meant to be of one hour.
  await until(() => Date.now() % HOUR_MS < HOUR_MS - 20_000, 25_000)
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
const query = async <Row extends object>(text: string, ...values: unknown[]) =>
  (await database.write.query<Row & Record<string, unknown>>(text, values)).rows
const event = (message: string, options: Partial<Parameters<typeof encodedEvent>[0]> = {}) =>
  encodedEvent({ projectId: project.id, message, ...options })
/** So many events of the one issue, in batches that differ. */
async function send(n: number, message = 'boom', options: Partial<Parameters<typeof encodedEvent>[0]> = {}) {
  for (let left = n; left > 0; left -= 50)
    await writeBatch(
      database.write,
      Array.from({ length: Math.min(50, left) }, () => event(message, options)),
    )
}
const fold = async (db: Db = database.write) => {
  while ((await foldEvents(db, project.id, 0, 1_000)).rows > 0);
}
const foldAndCompare = async () => {
  await fold()
  return escalateIssues(database.write, project.id)
}
/** An issue with one event that is added up, and its group. */
async function newIssue(message = 'boom'): Promise<{ id: string; groupId: number }> {
  await send(1, message)
  await fold()
  const [row] = await query<{ id: string; group_id: number }>(
    `select i.issue_id::text as id, g.group_id from issue i join event_group g using (project_id, issue_id)
     where i.project_id = $1 and i.title = $2`,
    project.id,
    message,
  )
  return { id: row!.id, groupId: row!.group_id }
}
const change = (id: string, what: Omit<Parameters<typeof changeStatus>[1], 'reference' | 'actorId'>) =>
  changeStatus(project, { reference: id, actorId: ada, ...what })
const archive = (id: string, how: Archive) => change(id, { archive: how })
const activities = async (id: string) =>
  (
    await query<{ kind: string; data: object; actor_id: string | null }>(
      `select kind, data, actor_id from issue_activity
       where project_id = $1 and issue_id = $2 and kind <> 'created' order by id`,
      project.id,
      id,
    )
  ).map(({ kind, data, actor_id }) => [kind, data, actor_id])
const news = async (id: string, kind: string) =>
  (
    await query<{ payload: object }>(
      `select payload from outbox where project_id = $1 and issue_id = $2 and kind = $3 order by id`,
      project.id,
      id,
      kind,
    )
  ).map(({ payload }) => payload)
const refusal = (code: string) => expect.objectContaining({ code })

describe('what people do', () => {
  it('ISSUE-01: an issue is archived with one of four ends, seen as such, and opened again', async () => {
    const { id } = await newIssue()
    const at = new Date(Date.now() + DAY_MS).toISOString()
    const ends: [Archive, object][] = [
      [
        { until: 'date', at },
        { until: 'date', at, events: null },
      ],
      [
        { until: 'count', events: 7 },
        { until: 'count', at: null, events: 7 },
      ],
      [{ until: 'forever' }, { until: 'forever', at: null, events: null }],
      [{ until: 'escalating' }, { until: 'escalating', at: null, events: null }],
    ]
    let { version } = await getIssue(project, id)
    for (const [end, shown] of ends) {
      const archived = await archive(id, end)
      expect(archived).toMatchObject({
        status: 'archived',
        substatus: null,
        archive: shown,
        version: version + 1,
      })
      expect(await archive(id, end)).toEqual(archived)
      expect(await change(id, { status: 'archived' })).toEqual(archived)
      expect(archived.escalationLimit).toBe(end.until === 'escalating' ? 10 : null)
      version = archived.version
    }
    expect(await change(id, { status: 'unresolved' })).toMatchObject({
      status: 'unresolved',
      substatus: 'ongoing',
      archive: null,
      escalationLimit: null,
    })
    expect(await activities(id)).toEqual([
      ...ends.map(([, shown]) => ['archived', shown, ada]),
      ['unresolved', {}, ada],
    ])
    expect(await news(id, 'issue.updated')).toHaveLength(5)
    const [row] = await query(
      `select archive_until, archived_at, archive_date, archive_count, archive_hour_count from issue where issue_id = $1`,
      id,
    )
    expect(Object.values(row!)).toEqual([null, null, null, null, null])
  })

  it('ISSUE-01: is assigned to members only, with the state or alone, and unassigned', async () => {
    const { id } = await newIssue()
    const stranger = await storeUser(database.write, 'Eve')
    for (const assigneeId of [stranger, 'nobody-at-all']) {
      await expect(change(id, { status: 'resolved', assigneeId })).rejects.toThrow(
        expect.objectContaining({
          code: 'validation_failed',
          details: { problems: [expect.objectContaining({ path: 'assigneeId' })] },
        }),
      )
    }
    expect(await getIssue(project, id)).toMatchObject({ status: 'unresolved', assignee: null, version: 1 })
    expect(await activities(id)).toEqual([])

    const assignee = { id: ada, name: 'Ada' }
    expect(await change(id, { assigneeId: ada })).toMatchObject({ substatus: 'new', assignee, version: 2 })
    expect(await change(id, { assigneeId: ada })).toMatchObject({ version: 2 })
    expect(await change(id, { status: 'resolved', assigneeId: null })).toMatchObject({
      status: 'resolved',
      assignee: null,
      version: 3,
    })
    const [before] = await query<{ resolved_at: Date }>(
      'select resolved_at from issue where issue_id = $1',
      id,
    )
    await change(id, { assigneeId: ada })
    expect(await query('select resolved_at from issue where issue_id = $1', id)).toEqual([before])
    expect(await activities(id)).toEqual([
      ['assigned', { assignee }, ada],
      ['resolved', {}, ada],
      ['unassigned', { assignee }, ada],
      ['assigned', { assignee }, ada],
    ])
  })

  it('ISSUE-01: of two who resolve and archive at once, one is told yes and the other how it is now', async () => {
    const { id } = await newIssue()
    const answers = await Promise.allSettled([
      change(id, { status: 'resolved', version: 1 }),
      change(id, { archive: { until: 'forever' }, version: 1 }),
    ])
    const won = answers.filter((answer) => answer.status === 'fulfilled')
    const lost = answers.filter((answer) => answer.status === 'rejected')
    expect([won.length, lost.length]).toEqual([1, 1])
    expect(lost[0]!.reason).toMatchObject({ code: 'conflict', details: { current: won[0]!.value } })
    expect(await getIssue(project, id)).toEqual(won[0]!.value)
    expect(await activities(id)).toHaveLength(1)
  })

  it('ISSUE-01: of a merged issue the target answers, and a discarded one is not there', async () => {
    const [a, b, c] = [await newIssue('first'), await newIssue('second'), await newIssue('third')]
    await query(`update issue set status = 'merged', merged_into = $2 where issue_id = $1`, a.id, b.id)
    await query(`update issue set status = 'merged', merged_into = $2 where issue_id = $1`, b.id, c.id)
    expect(await getIssue(project, a.id)).toEqual(await getIssue(project, c.id))
    await expect(change(a.id, { status: 'resolved' })).rejects.toThrow(refusal('not_found'))
    await query(`update issue set status = 'discarded' where issue_id = $1`, c.id)
    for (const { id } of [a, b, c]) {
      await expect(getIssue(project, id)).rejects.toThrow(refusal('not_found'))
      await expect(change(id, { status: 'unresolved' })).rejects.toThrow(refusal('not_found'))
    }
  })
})

describe('regression', () => {
  it('RESIL-02: fifty events race a resolution: counts stay exact, and it comes back exactly once', async () => {
    for (let round = 0; round < 4; round++) {
      const message = `race of ${'abcd'[round]}`
      const { id } = await newIssue(message)
      const events = Array.from({ length: 50 }, () => writeBatch(database.write, [event(message)]))
      const [resolved] = await Promise.all([change(id, { status: 'resolved' }), ...events, fold(), fold()])
      expect(resolved.status).toBe('resolved')
      // One that surely came after it.
      await writeBatch(database.write, [event(message, { receivedAt: Date.now() + 1_000 })])
      await fold()
      expect(await getIssue(project, id)).toMatchObject({
        status: 'unresolved',
        substatus: 'regressed',
        eventCount: 52,
        version: 3,
      })
      expect((await activities(id)).map(([kind]) => kind)).toEqual(['resolved', 'regressed'])
      expect(await news(id, 'issue.regressed')).toHaveLength(1)
    }
  })
})

describe('escalation', () => {
  /** Archived some hours ago, as if it had been so since then. */
  async function archivedHoursAgo(id: string, hours: number) {
    await archive(id, { until: 'escalating' })
    await query(
      `update issue set archived_at = now() - $2 * interval '1 hour', archive_hour_count = 0 where issue_id = $1`,
      id,
      hours,
    )
  }
  const hour = (groupId: number, hoursAgo: number, n: number) =>
    storeGroupHour(database.write, { projectId: project.id, groupId, at: ago(hoursAgo * HOUR_MS), n })

  it('ISSUE-02: comes when an hour is above three times the largest of the week before, its hour of archiving left out', async () => {
    const { id, groupId } = await newIssue()
    await hour(groupId, 70, 20)
    await hour(groupId, 30, 19)
    await hour(groupId, 5, 500)
    await hour(groupId, 169, 700)
    await archivedHoursAgo(id, 5)
    expect(await getIssue(project, id)).toMatchObject({ escalationLimit: 60 })
    expect(await issueTimeline(project, id, {})).toMatchObject({ escalationLimit: 60 })
    // The largest hour of all lies at the very edge of the week.
    await hour(groupId, 168, 21)
    expect(await getIssue(project, id)).toMatchObject({ escalationLimit: 63 })

    await send(62)
    expect(await foldAndCompare()).toBe(0)
    expect(await getIssue(project, id)).toMatchObject({ status: 'archived', eventCount: 63 })
    await send(1)
    expect(await foldAndCompare()).toBe(1)
    expect(await getIssue(project, id)).toMatchObject({
      status: 'unresolved',
      substatus: 'escalating',
      archive: null,
      escalationLimit: null,
    })
    await send(100)
    expect(await foldAndCompare()).toBe(0)
    expect(await activities(id)).toEqual([
      ['archived', { until: 'escalating', at: null, events: null }, ada],
      ['escalated', { count: 64, limit: 63 }, null],
    ])
    expect(await news(id, 'issue.escalated')).toEqual([
      { status: 'unresolved', substatus: 'escalating', version: 3, count: 64, limit: 63 },
    ])
  })

  it('ISSUE-02: what the hour had before the archiving is no reason, to the event', async () => {
    const { id } = await newIssue()
    await send(120)
    await fold()
    // Stored, and not added up yet.
    await send(40)
    await archive(id, { until: 'escalating' })
    expect(await foldAndCompare()).toBe(0)
    await send(10)
    expect(await foldAndCompare()).toBe(0)
    await send(1)
    expect(await foldAndCompare()).toBe(1)
    expect((await activities(id)).at(-1)).toEqual(['escalated', { count: 11, limit: 10 }, null])
  })

  it('ISSUE-02: counts all groups of the issue in all environments', async () => {
    const { id } = await newIssue('one half')
    const other = await newIssue('the other half')
    await query(
      `update event_group set issue_id = $2 where project_id = $1 and group_id = $3`,
      project.id,
      id,
      other.groupId,
    )
    await archivedHoursAgo(id, 2)
    await send(5, 'one half', { payload: { environment: 'staging' } })
    await send(3, 'the other half')
    expect(await foldAndCompare()).toBe(0)
    await send(1, 'the other half', { payload: { environment: 'eu' } })
    expect(await foldAndCompare()).toBe(1)
    expect((await activities(id)).at(-1)).toEqual(['escalated', { count: 11, limit: 10 }, null])
  })

  it('ISSUE-02: happens once, however many nodes fold while the spike is written', async () => {
    const { id } = await newIssue()
    await archivedHoursAgo(id, 3)
    let writing = true
    const nodes = Array.from({ length: 4 }, async () => {
      let escalated = 0
      while (writing) escalated += await foldAndCompare()
      return escalated
    })
    await Promise.all(
      Array.from({ length: 40 }, () => writeBatch(database.write, [event('boom'), event('boom')])),
    )
    writing = false
    const escalated = [...(await Promise.all(nodes)), await foldAndCompare()]
    expect(escalated.reduce((a, b) => a + b)).toBe(1)
    expect(await getIssue(project, id)).toMatchObject({ substatus: 'escalating', eventCount: 81, version: 3 })
    expect((await activities(id)).filter(([kind]) => kind === 'escalated')).toHaveLength(1)
    expect(await news(id, 'issue.escalated')).toHaveLength(1)
    expect(await query('select * from escalation_check where project_id = $1', project.id)).toEqual([])
  })

  it('ISSUE-02: a node that dies between adding up and comparing loses none: the next folder takes it up', async () => {
    const { id } = await newIssue()
    await archivedHoursAgo(id, 3)
    await send(30)
    await fold()
    expect(await listProjectsToCheck(database.write)).toContain(project.id)
    // It dies again, this time after it has read what there is to compare.
    const dies: Db = {
      query: (asked, values) =>
        typeof asked === 'object' && asked.name === 'mark-escalated'
          ? Promise.reject(new Error('the node died'))
          : database.write.query(asked, values),
    }
    await expect(escalateIssues(dies, project.id)).rejects.toThrow('the node died')
    expect(await getIssue(project, id)).toMatchObject({ status: 'archived' })

    const ending = new AbortController()
    const running = folder({
      db: database.write,
      now: () => performance.now(),
      takeTouched: () => [],
      folded: () => {},
    }).start({ signal: ending.signal, ready: () => {} } as Parameters<ReturnType<typeof folder>['start']>[0])
    await until(async () => (await getIssue(project, id)).substatus === 'escalating', 10_000)
    ending.abort()
    await running
    expect((await activities(id)).at(-1)).toEqual(['escalated', { count: 31, limit: 10 }, null])
  })

  it('ISSUE-02: issues that wait for nothing of the kind leave nothing to compare, and stay as they are', async () => {
    const [open, forever, dated] = [
      await newIssue('open'),
      await newIssue('forever'),
      await newIssue('dated'),
    ]
    await archive(forever.id, { until: 'forever' })
    await archive(dated.id, { until: 'date', at: new Date(Date.now() + DAY_MS).toISOString() })
    for (const message of ['open', 'forever', 'dated']) await send(50, message)
    let checks = 0
    for (let rows = 1; rows > 0;) {
      const folded = await foldEvents(database.write, project.id, 0, 1_000)
      rows = folded.rows
      checks += folded.checks
    }
    expect(checks).toBe(0)
    expect(await query('select * from escalation_check where project_id = $1', project.id)).toEqual([])
    for (const { id } of [forever, dated])
      expect(await getIssue(project, id)).toMatchObject({ status: 'archived', version: 2, eventCount: 51 })
    expect(await getIssue(project, open.id)).toMatchObject({ status: 'unresolved', version: 1 })
  })

  it('ISSUE-02: events that are added up late escalate the hour they are of, not one before the archiving', async () => {
    const { id } = await newIssue()
    await archivedHoursAgo(id, 3)
    await send(40, 'boom', { receivedAt: Date.now() - 4 * HOUR_MS })
    expect(await foldAndCompare()).toBe(0)
    await send(40, 'boom', { receivedAt: Date.now() - 2 * HOUR_MS })
    expect(await foldAndCompare()).toBe(0) // three times forty is usual by now
    await send(81, 'boom', { receivedAt: Date.now() - 2 * HOUR_MS })
    expect(await foldAndCompare()).toBe(1)
    expect((await activities(id)).at(-1)).toEqual(['escalated', { count: 121, limit: 120 }, null])
  })
})

describe('the other ends', () => {
  it('ISSUE-01: after a number of events it is open again, counted from the archiving, and once', async () => {
    const { id } = await newIssue()
    await send(2)
    // Three events are there, one of them added up.
    await archive(id, { until: 'count', events: 4 })
    await fold()
    expect((await getIssue(project, id)).archive).toEqual({ until: 'count', at: null, events: 4 })
    await send(3)
    await fold()
    expect(await getIssue(project, id)).toMatchObject({
      status: 'archived',
      archive: { events: 1 },
      version: 2,
    })
    await Promise.all(Array.from({ length: 6 }, () => send(1)))
    await Promise.all(Array.from({ length: 6 }, () => fold()))
    await fold()
    expect(await getIssue(project, id)).toMatchObject({
      status: 'unresolved',
      substatus: 'ongoing',
      archive: null,
      eventCount: 12,
      version: 3,
    })
    expect((await activities(id)).slice(1)).toEqual([['unresolved', { reason: 'count' }, null]])
    expect(await news(id, 'issue.updated')).toEqual([
      expect.objectContaining({ status: 'archived', actorId: ada }),
      { status: 'unresolved', substatus: 'ongoing', version: 3, reason: 'count' },
    ])
  })

  it('ISSUE-01: at its date it is open again, once, however many nodes look', async () => {
    const due = [await newIssue('a one'), await newIssue('b one'), await newIssue('c one')]
    const later = await newIssue('later')
    const at = new Date(Date.now() + DAY_MS).toISOString()
    for (const { id } of [...due, later]) await archive(id, { until: 'date', at })
    const pass = (ids: string[]) =>
      query(`update issue set archive_date = now() - interval '1 s' where issue_id = any($1)`, ids)
    await pass(due.map(({ id }) => id))
    const opened = await Promise.all(Array.from({ length: 6 }, () => markDueUnarchived(database.write)))
    expect(opened.reduce((a, b) => a + b)).toBe(3)
    for (const { id } of due) {
      expect(await getIssue(project, id)).toMatchObject({
        status: 'unresolved',
        substatus: 'ongoing',
        archive: null,
      })
      expect((await activities(id)).slice(1)).toEqual([['unresolved', { reason: 'date' }, null]])
    }
    expect(await getIssue(project, later.id)).toMatchObject({
      status: 'archived',
      archive: { until: 'date', at },
    })

    // The process does it by itself.
    await pass([later.id])
    const ending = new AbortController()
    const running = unarchiver(database.write).start({
      signal: ending.signal,
      ready: () => {},
    } as Parameters<ReturnType<typeof unarchiver>['start']>[0])
    await until(async () => (await getIssue(project, later.id)).status === 'unresolved', 10_000)
    ending.abort()
    await running
  })
})
