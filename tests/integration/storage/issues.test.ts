import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { changeStatus } from '#server/domain/issues/change-status.ts'
import { conditionsOf } from '#server/domain/issues/issue-filter.ts'
import { getIssue } from '#server/domain/issues/get-issue.ts'
import { issueActivity, issueGroups } from '#server/domain/issues/issue-history.ts'
import { issueTags } from '#server/domain/issues/issue-tags.ts'
import { issueTimeline } from '#server/domain/issues/issue-timeline.ts'
import { listIssues } from '#server/domain/issues/list-issues.ts'
import { walkIssues } from '#server/domain/issues/walk-issues.ts'
import { issueEvents } from '#server/domain/events/list-events.ts'
import { openDatabase, setDatabase, type Database } from '#server/storage/database.ts'
import type { Place } from '#server/storage/keyset.ts'
import { issue as issueSchema, issueFilter, issueRow, listIssuesQuery } from '#shared/schemas/issue.ts'
import { listEventsQuery } from '#shared/schemas/event-view.ts'
import { pageOf } from '#shared/schemas/list.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import {
  ago,
  DAY_MS,
  HOUR_MS,
  MINUTE_MS,
  storeGroup,
  storeGroupHour,
  storeIssue,
  storePartitions,
  storeProject,
  storeUser,
  type StoredIssue,
  type StoredProject,
} from '../../support/stored.ts'

let test: TestDatabase
let database: Database
let project: StoredProject

beforeAll(async () => {
  process.env.MESHER_SECRET ??= 'a-secret-for-tests-only-0123456789abcdef'
  test = await createTestDatabase()
  database = openDatabase(test.url)
  setDatabase(database)
  await storePartitions(database.write)
})
beforeEach(async () => {
  project = await storeProject(database.write)
})
afterAll(async () => {
  setDatabase(undefined)
  await database.close()
  await test.drop()
})

const list = async (query: Record<string, unknown> = {}, of = project) => {
  const page = await listIssues(of, listIssuesQuery.parse(query), 'nobody')
  expect(() => pageOf(issueRow).parse(page)).not.toThrow()
  return page
}
const ids = (page: { data: { id: string }[] }) => page.data.map(({ id }) => id)

/** Every page from the start, calling back between two. */
async function readAll(query: Record<string, unknown>, between: () => Promise<unknown> = async () => {}) {
  const seen: string[] = []
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = await list({ ...query, ...(cursor ? { cursor } : {}) })
    seen.push(...ids(page))
    cursor = page.nextCursor
    await between()
  }
  return seen
}
const store = (fields: Parameters<typeof storeIssue>[2] = {}) =>
  storeIssue(database.write, project.id, fields)

describe('the list of issues', () => {
  it.each(['lastSeen', 'firstSeen', 'events', 'users'])(
    'SEARCH-05: by %s gives every row once, ties included, and the same backwards',
    async (sort) => {
      for (let i = 0; i < 23; i++) {
        const tied = ago((i % 3) * MINUTE_MS - (Date.now() % MINUTE_MS))
        await store({ lastSeen: tied, eventCount: i % 3, userCount: i % 2 })
      }
      const down = await readAll({ sort, limit: 4 })
      expect(new Set(down).size).toBe(23)
      expect(down).toHaveLength(23)
      expect(down).toEqual(ids(await list({ sort, limit: 100 })))

      let page = await list({ sort, limit: 4 })
      while (page.nextCursor) page = await list({ sort, limit: 4, cursor: page.nextCursor })
      const up = [...ids(page)]
      while (page.previousCursor) {
        page = await list({ sort, limit: 4, cursor: page.previousCursor })
        up.unshift(...ids(page))
      }
      expect(up).toEqual(down)
    },
  )

  it('SEARCH-05: no row twice and none lost while issues arrive and move up', async () => {
    const stored: StoredIssue[] = []
    for (let i = 0; i < 20; i++) stored.push(await store({ lastSeen: ago((i + 5) * MINUTE_MS) }))
    const moved = stored[15]!
    const seen = await readAll({ limit: 3 }, async () => {
      await store({ lastSeen: new Date() })
      // Also one that was read already, and one that was not: it is on top now, where the reader has been.
      for (const { id } of [stored[0]!, moved]) {
        await database.write.query(
          'update issue set last_seen = now() where project_id = $1 and issue_id = $2',
          [project.id, id],
        )
      }
    })
    expect(new Set(seen).size).toBe(seen.length)
    for (const { id } of stored) if (id !== moved.id) expect(seen).toContain(id)
    expect(ids(await list({ limit: 100 }))).toContain(moved.id)
  })

  it('SEARCH-03: a filter that fits hardly any is walked in bounded steps, missing none and none twice', async () => {
    for (let i = 0; i < 14; i++) await store({ title: i % 5 === 0 ? `Rare ${i}` : `Common ${i}` })
    const whole = ids(await list({ query: 'title:Rare*', limit: 100 }))
    expect(whole).toHaveLength(3)
    const { conditions } = conditionsOf(issueFilter.parse({ query: 'title:Rare*' }), '', new Date())
    const filter = { projectId: project.id, ...conditions }
    for (const upwards of [false, true]) {
      const found: string[] = []
      let steps = 0
      for (let from: Place | null = null; ; steps++) {
        const keyset = { from, upwards, limit: 2 }
        const walk = await walkIssues(database.read, filter, 'lastSeen', keyset, { budgetMs: 0, depth: 3 })
        if (Array.isArray(walk)) throw new Error('It was read as it is')
        found.push(...walk.rows.map(({ id }) => id))
        const last = walk.rows.at(-1)
        from = walk.stoppedAt ?? (last ? { value: last.lastSeen.toISOString(), id: last.id } : null)
        if (from === null || (walk.stoppedAt === null && walk.rows.length < 2)) break
      }
      // Pages without a row are not the end.
      expect(steps).toBeGreaterThan(3)
      expect(upwards ? found.toReversed() : found).toEqual(whole)
    }
  })

  it('SEARCH-05: a cursor is bound to project, sort and filters', async () => {
    for (let i = 0; i < 3; i++) await store()
    const { nextCursor } = await list({ limit: 1 })
    const refused = expect.objectContaining({ code: 'invalid_cursor' })
    const cursor = nextCursor!
    await expect(list({ limit: 2, cursor })).resolves.toMatchObject({ data: { length: 2 } })
    await expect(list({ cursor, sort: 'events' })).rejects.toThrow(refused)
    await expect(list({ cursor, status: 'resolved' })).rejects.toThrow(refused)
    await expect(list({ cursor, since: '7d' })).rejects.toThrow(refused)
    await expect(list({ cursor: `${cursor}x` })).rejects.toThrow(refused)
    await expect(list({ cursor }, await storeProject(database.write))).rejects.toThrow(refused)
  })

  it('finds words, each from its beginning, and only those', async () => {
    const order = await store({ title: 'TypeError: OrderService.handleRequest failed' })
    const user = await store({ title: 'TypeError: UserService timed out' })
    const find = async (query: string) => ids(await list({ query }))
    expect(await find('typeerror')).toEqual([user.id, order.id])
    expect(await find('hand')).toEqual([order.id])
    expect(await find('OrderService.handleRequest')).toEqual([order.id])
    expect(await find('typeerror user')).toEqual([user.id])
    expect(await find('typeerror nothing')).toEqual([])
    expect(await find(`'; drop table issue; -- & | ! :* \\`)).toEqual([])
    expect(await find('&&& !!!')).toEqual([])
  })

  it('filters by state, level, environment and range', async () => {
    const error = await store({ level: 3 })
    const fatal = await store({ level: 4 })
    const old = await store({ firstSeen: ago(9 * DAY_MS), lastSeen: ago(3 * DAY_MS) })
    const resolved = await store({ status: 'resolved', lastSeen: ago(9 * DAY_MS), resolvedAt: ago(HOUR_MS) })
    const archived = await store({ status: 'archived', lastSeen: ago(9 * DAY_MS) })
    expect(ids(await list())).toEqual([fatal.id, error.id])
    expect(ids(await list({ level: 'fatal' }))).toEqual([fatal.id])
    expect(ids(await list({ since: '7d' }))).toEqual([fatal.id, error.id, old.id])
    expect(ids(await list({ since: '7d', until: '2d' }))).toEqual([old.id])
    expect(ids(await list({ status: 'resolved' }))).toEqual([resolved.id])
    expect(ids(await list({ status: 'resolved', since: '24h' }))).toEqual([resolved.id])
    expect(ids(await list({ status: 'resolved', until: '24h' }))).toEqual([])
    expect(ids(await list({ status: 'archived', since: '24h' }))).toEqual([archived.id])

    const hour = { projectId: project.id, at: new Date(), n: 1 }
    await storeGroupHour(database.write, { ...hour, groupId: error.groupId, environment: 'staging' })
    await storeGroupHour(database.write, { ...hour, groupId: fatal.groupId })
    expect(ids(await list({ environment: 'staging' }))).toEqual([error.id])
  })

  it('DASH-06: each row has 24 hours, added up over its groups', async () => {
    const { id, groupId } = await store({ eventCount: 6 })
    const quiet = await store()
    const merged = await storeGroup(database.write, project.id, id)
    const hour = { projectId: project.id, groupId }
    await storeGroupHour(database.write, { ...hour, at: new Date(), n: 1 })
    await storeGroupHour(database.write, { ...hour, at: new Date(), n: 2, environment: 'staging' })
    await storeGroupHour(database.write, { ...hour, groupId: merged, at: ago(23 * HOUR_MS), n: 3 })
    await storeGroupHour(database.write, { ...hour, at: ago(24 * HOUR_MS), n: 50 })
    const rows = new Map((await list()).data.map((row) => [row.id, row.hourly]))
    expect(rows.get(id)).toEqual([3, ...new Array(22).fill(0), 3])
    expect(rows.get(quiet.id)).toEqual(new Array(24).fill(0))
  })

  it('TENANT-01: shows the project its own issues only', async () => {
    await store()
    const other = await storeProject(database.write)
    expect((await list({}, other)).data).toEqual([])
  })
})

describe('one issue', () => {
  const notFound = expect.objectContaining({ code: 'not_found' })

  it('DETAIL-01: is found by its id and by its short code', async () => {
    const { id } = await store({ title: 'RangeError: no' })
    const found = await getIssue(project, id)
    expect(issueSchema.parse(found)).toMatchObject({
      id,
      title: 'RangeError: no',
      status: 'unresolved',
      version: 1,
    })
    expect(await getIssue(project, found.shortId.toLowerCase())).toEqual(found)
  })

  it('TENANT-01: of another project does not exist, by any door', async () => {
    const { id } = await store()
    const other = await storeProject(database.write)
    const range = { since: '24h' }
    const doors = [
      () => getIssue(other, id),
      () => changeStatus(other, { reference: id, status: 'resolved', actorId: 'nobody' }),
      () => issueTimeline(other, id, range),
      () => issueTags(other, id),
      () => issueActivity(other, id, { limit: 25 }),
      () => issueGroups(other, id),
      () => issueEvents(other, id, listEventsQuery.parse({})),
      () => getIssue(project, '999999999999999999'),
      () => getIssue(project, 'API-1'),
    ]
    for (const door of doors) await expect(door()).rejects.toThrow(notFound)
    expect((await getIssue(project, id)).status).toBe('unresolved')
  })

  it('DETAIL-05: says why its events are one issue', async () => {
    const { id } = await store()
    await storeGroup(database.write, project.id, id)
    const { data } = await issueGroups(project, id)
    expect(data).toHaveLength(2)
    expect(data[0]).toMatchObject({
      hash: expect.stringMatching(/^[0-9a-f]{32}$/),
      why: { strategy: 'message' },
    })
  })
})

describe('the state of an issue', () => {
  const outboxOf = async (issueId: string) =>
    (
      await database.read.query('select kind, payload from outbox where project_id = $1 and issue_id = $2', [
        project.id,
        issueId,
      ])
    ).rows

  it('TRIAGE-01: changes with its history and its news, all at once', async () => {
    const actorId = await storeUser(database.write, 'Ada')
    const { id } = await store()
    const resolved = await changeStatus(project, { reference: id, status: 'resolved', version: 1, actorId })
    expect(resolved).toMatchObject({ status: 'resolved', substatus: null, version: 2 })
    const reopened = await changeStatus(project, {
      reference: resolved.shortId,
      status: 'unresolved',
      actorId,
    })
    expect(reopened).toMatchObject({ status: 'unresolved', substatus: 'ongoing', version: 3 })
    const { data } = await issueActivity(project, id, { limit: 25 })
    expect(data).toMatchObject([
      { kind: 'unresolved', actor: { id: actorId, name: 'Ada' } },
      { kind: 'resolved', actor: { id: actorId, name: 'Ada' } },
    ])
    expect(await outboxOf(id)).toMatchObject([
      { kind: 'issue.updated', payload: { status: 'resolved', version: 2, actorId } },
      { kind: 'issue.updated', payload: { status: 'unresolved', version: 3, actorId } },
    ])
  })

  it('TRIAGE-01: resolving stamps the time by PostgreSQL, reopening and archiving take it back', async () => {
    const actorId = await storeUser(database.write)
    const { id } = await store()
    const resolvedAt = async () => {
      const { rows } = await database.read.query('select resolved_at from issue where issue_id = $1', [id])
      return rows[0].resolved_at as Date | null
    }
    await changeStatus(project, { reference: id, status: 'resolved', actorId })
    expect(Math.abs((await resolvedAt())!.getTime() - Date.now())).toBeLessThan(MINUTE_MS)
    await changeStatus(project, { reference: id, status: 'archived', actorId })
    expect(await resolvedAt()).toBeNull()
  })

  it('TRIAGE-01: a stale version is a conflict that carries the current state, and changes nothing', async () => {
    const actorId = await storeUser(database.write)
    const { id } = await store()
    await changeStatus(project, { reference: id, status: 'archived', actorId })
    await expect(
      changeStatus(project, { reference: id, status: 'resolved', version: 1, actorId }),
    ).rejects.toThrow(
      expect.objectContaining({
        code: 'conflict',
        details: { current: expect.objectContaining({ id, status: 'archived', version: 2 }) },
      }),
    )
    expect(await getIssue(project, id)).toMatchObject({ status: 'archived', version: 2 })
    expect(await outboxOf(id)).toHaveLength(1)
  })

  it('TRIAGE-01: of two who saw the same version one wins', async () => {
    const actorId = await storeUser(database.write)
    const { id } = await store()
    const answers = await Promise.allSettled(
      (['resolved', 'archived', 'resolved', 'archived'] as const).map((status) =>
        changeStatus(project, { reference: id, status, version: 1, actorId }),
      ),
    )
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await getIssue(project, id)).toMatchObject({ version: 2 })
  })

  it('TRIAGE-01: asking for the state it has already records nothing', async () => {
    const actorId = await storeUser(database.write)
    const { id } = await store()
    expect(await changeStatus(project, { reference: id, status: 'unresolved', actorId })).toMatchObject({
      version: 1,
    })
    expect((await issueActivity(project, id, { limit: 25 })).data).toEqual([])
    expect(await outboxOf(id)).toEqual([])
  })

  it('SEARCH-05: a long history comes in pages', async () => {
    const actorId = await storeUser(database.write)
    const { id } = await store()
    for (let i = 0; i < 5; i++) {
      await changeStatus(project, { reference: id, status: i % 2 ? 'unresolved' : 'resolved', actorId })
    }
    const first = await issueActivity(project, id, { limit: 3 })
    const second = await issueActivity(project, id, { limit: 3, cursor: first.nextCursor! })
    const all = await issueActivity(project, id, { limit: 25 })
    expect([...first.data, ...second.data]).toEqual(all.data)
    expect(second.nextCursor).toBeNull()
  })
})
