import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { getEvent, getIssueEvent } from '#server/domain/events/get-event.ts'
import { issueEvents, projectEvents } from '#server/domain/events/list-events.ts'
import { issueTags } from '#server/domain/issues/issue-tags.ts'
import { expiriesOf, utcDay } from '#server/domain/retention/expiry.ts'
import { findNeighbours } from '#server/storage/events/find-neighbours.ts'
import { openDatabase, setDatabase, type Database } from '#server/storage/database.ts'
import { eventDetail, eventRow, listEventsQuery } from '#shared/schemas/event-view.ts'
import { pageOf } from '#shared/schemas/list.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import {
  ago,
  DAY_MS,
  HOUR_MS,
  MINUTE_MS,
  normalEvent,
  storeEvent,
  storeGroup,
  storeIssue,
  storePartitions,
  storeProject,
  type StoredIssue,
  type StoredProject,
} from '../../support/stored.ts'

let test: TestDatabase
let database: Database
let project: StoredProject
let issue: StoredIssue

beforeAll(async () => {
  process.env.MESHER_SECRET ??= 'a-secret-for-tests-only-0123456789abcdef'
  test = await createTestDatabase()
  database = openDatabase(test.url)
  setDatabase(database)
  await storePartitions(database.write)
})
beforeEach(async () => {
  project = await storeProject(database.write)
  issue = await storeIssue(database.write, project.id, { firstSeen: ago(80 * DAY_MS) })
})
afterAll(async () => {
  setDatabase(undefined)
  await database.close()
  await test.drop()
})

const notFound = expect.objectContaining({ code: 'not_found' })
const store = (fields: Parameters<typeof storeEvent>[3] = {}, groupId = issue.groupId) =>
  storeEvent(database.write, project.id, groupId, fields)
const query = (words: Record<string, unknown> = {}) => listEventsQuery.parse(words)
const ofProject = async (words: Record<string, unknown> = {}, of = project) => {
  const page = await projectEvents(of, query(words))
  expect(() => pageOf(eventRow).parse(page)).not.toThrow()
  return page
}
const ofIssue = (words: Record<string, unknown> = {}) => issueEvents(project, issue.id, query(words))
const ids = (page: { data: { id: string }[] }) => page.data.map(({ id }) => id)

type List = (words: Record<string, unknown>) => Promise<{ data: { id: string }[]; nextCursor: string | null }>
async function readAll(
  list: List,
  words: Record<string, unknown>,
  between: () => Promise<unknown> = async () => {},
) {
  const seen: string[] = []
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = await list({ ...words, ...(cursor ? { cursor } : {}) })
    seen.push(...ids(page))
    cursor = page.nextCursor
    await between()
  }
  return seen
}

describe('lists of events', () => {
  /** Newest first; every third shares its time with the next; two groups, three retentions, many weeks. */
  async function storeMany(): Promise<string[]> {
    const second = await storeGroup(database.write, project.id, issue.id)
    const stored: { id: string; at: number }[] = []
    for (let i = 0; i < 30; i++) {
      const at = ago(Math.floor(i / 3) * 2 * DAY_MS + HOUR_MS)
      at.setMilliseconds(0)
      const id = await store(
        { receivedAt: at, retentionDays: [30, 60, 90][i % 3]! },
        i % 2 ? second : issue.groupId,
      )
      stored.push({ id, at: at.getTime() })
    }
    return stored.toSorted((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1)).map(({ id }) => id)
  }

  it('SEARCH-05: give every event once, newest first, over weeks, retentions, groups and ties', async () => {
    const expected = await storeMany()
    expect(await readAll(ofProject, { since: '30d', limit: 4 })).toEqual(expected)
    expect(await readAll(ofIssue, { limit: 4 })).toEqual(expected)
    const second = await ofIssue({ limit: 4, cursor: (await ofIssue({ limit: 4 })).nextCursor })
    expect(ids(await ofIssue({ limit: 4, cursor: second.previousCursor }))).toEqual(expected.slice(0, 4))
  })

  it('SEARCH-05: lose and repeat nothing while events arrive', async () => {
    const expected = await storeMany()
    expect(await readAll(ofProject, { since: '30d', limit: 7 }, () => store())).toEqual(expected)
    const seen = await readAll(ofIssue, { limit: 30 }, () => store())
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen.slice(-30)).toEqual(expected)
  })

  it('of a project begin 24 hours ago unless told otherwise, of an issue with its first', async () => {
    const [recent, old] = [await store(), await store({ receivedAt: ago(2 * DAY_MS) })]
    expect(ids(await ofProject())).toEqual([recent])
    expect(ids(await ofProject({ since: '7d' }))).toEqual([recent, old])
    expect(ids(await ofProject({ since: '7d', until: '1d' }))).toEqual([old])
    expect(ids(await ofIssue())).toEqual([recent, old])
    expect(ids(await ofIssue({ since: '1h' }))).toEqual([recent])
  })

  it('find words, rare and common ones alike, with the other filters', async () => {
    const other = await storeIssue(database.write, project.id)
    const rare = await store({
      title: 'RangeError: needle',
      receivedAt: ago(20 * DAY_MS),
      environment: 'staging',
    })
    const common: string[] = []
    for (let i = 0; i < 8; i++) {
      const receivedAt = ago(i * MINUTE_MS)
      common.unshift(
        await store({ title: `TypeError: common ${i}`, level: i % 2 ? 4 : 3, receivedAt }, other.groupId),
      )
    }
    common.reverse()
    const find = (words: Record<string, unknown>) => readAll(ofProject, { since: '30d', limit: 3, ...words })
    expect(await find({ query: 'needle' })).toEqual([rare])
    expect(await find({ query: 'need' })).toEqual([rare])
    expect(await find({ query: 'needle', since: '24h' })).toEqual([])
    expect(await find({ query: 'needle', environment: 'production' })).toEqual([])
    expect(await find({ query: 'needle', environment: 'staging' })).toEqual([rare])
    expect(await find({ query: 'common' })).toEqual(common)
    expect(await find({ query: 'common', level: 'fatal' })).toEqual(common.filter((_, i) => i % 2))
    expect(await find({ query: 'typeerror nothing' })).toEqual([])
    expect(await find({ query: `'; drop table event; --` })).toEqual([])
    expect(ids(await ofIssue({ query: 'needle' }))).toEqual([rare])
    expect(ids(await ofIssue({ query: 'common' }))).toEqual([])
  })

  it('RETAIN-01: hide what is past its day although its partition is still there', async () => {
    const kept = await store({ receivedAt: ago(40 * DAY_MS), retentionDays: 60 })
    const expired = await store({ receivedAt: ago(40 * DAY_MS), retentionDays: 30 })
    expect(ids(await ofProject({ since: '90d' }))).toEqual([kept])
    expect(ids(await ofIssue())).toEqual([kept])
    await expect(getEvent(project, expired)).rejects.toThrow(notFound)
    expect((await getIssueEvent(project, issue.id, 'oldest')).id).toBe(kept)
    expect(await getEvent(project, kept)).toMatchObject({ previousId: null, nextId: null })
  })

  it('TENANT-01: show the project its own events only', async () => {
    await store()
    const other = await storeProject(database.write)
    expect((await ofProject({ since: '90d' }, other)).data).toEqual([])
  })
})

describe('one event', () => {
  it('DETAIL-01: comes whole, found with its day, with a wrong day or without one', async () => {
    const receivedAt = ago(50 * DAY_MS)
    const id = randomUUID().replaceAll('-', '')
    const payload = { ...normalEvent(id, receivedAt, 'größer 💥'), extra: { deep: { a: [1, 'x', null] } } }
    const tags = { browser: 'Chrome' }
    await store({ id, receivedAt, retentionDays: 90, payload, tags, release: 'web@1', user: 'ada', level: 4 })
    const found = eventDetail.parse(await getEvent(project, id))
    expect(found).toMatchObject({
      id,
      issueId: issue.id,
      receivedAt: receivedAt.toISOString(),
      level: 'fatal',
      release: 'web@1',
      user: 'ada',
      tags,
      payload,
      payloadBytes: Buffer.byteLength(JSON.stringify(payload)),
      newer: 0,
      older: 0,
    })
    expect(await getEvent(project, id, utcDay(receivedAt))).toEqual(found)
    expect(await getEvent(project, id, '2001-01-01')).toEqual(found)
    expect(await getIssueEvent(project, issue.id, id)).toEqual(found)
  })

  it('DETAIL-02: knows its neighbours within the issue, over groups, weeks and ties', async () => {
    const second = await storeGroup(database.write, project.id, issue.id)
    const stranger = await storeIssue(database.write, project.id)
    const tied = ago(10 * DAY_MS)
    const oldest = await store({ receivedAt: ago(70 * DAY_MS) })
    const [low, middle, high] = ['1', '5', '9'].map((digit) => digit.repeat(32)) as [string, string, string]
    await store({ id: middle, receivedAt: tied }, second)
    await store({ id: high, receivedAt: tied })
    await store({ id: low, receivedAt: tied, retentionDays: 30 })
    await store({ receivedAt: tied }, stranger.groupId)
    const newest = await store({}, second)

    const order = [oldest, low, middle, high, newest]
    for (const [i, id] of order.entries()) {
      expect(await getEvent(project, id)).toMatchObject({
        previousId: order[i - 1] ?? null,
        nextId: order[i + 1] ?? null,
        newer: order.length - 1 - i,
        older: i,
      })
    }
    expect((await getIssueEvent(project, issue.id, 'latest')).id).toBe(newest)
    expect((await getIssueEvent(project, issue.id, 'oldest')).id).toBe(oldest)
  })

  it('DETAIL-06: counts to either side no further than it is told, over all groups together', async () => {
    const second = await storeGroup(database.write, project.id, issue.id)
    const stranger = await storeIssue(database.write, project.id)
    for (let age = 1; age <= 6; age++) {
      await store({ receivedAt: ago(age * DAY_MS) })
      await store({ receivedAt: ago(age * DAY_MS + 1_000) }, second)
      await store({ receivedAt: ago(age * DAY_MS) }, stranger.groupId)
    }
    const receivedAt = ago(3.5 * DAY_MS)
    const eventId = await store({ receivedAt })
    const place = { projectId: project.id, issueId: issue.id, eventId, receivedAt }
    const expiries = expiriesOf({ since: null, until: null }, new Date())
    expect(await findNeighbours(database.read, place, expiries, 100)).toMatchObject({ newer: 6, older: 6 })
    expect(await findNeighbours(database.read, place, expiries, 4)).toMatchObject({ newer: 4, older: 4 })
  })

  it('TENANT-01: of another project or another issue does not exist', async () => {
    const id = await store()
    const other = await storeProject(database.write)
    const otherIssue = await storeIssue(database.write, project.id)
    await expect(getEvent(other, id)).rejects.toThrow(notFound)
    await expect(getEvent(other, id, utcDay(new Date()))).rejects.toThrow(notFound)
    await expect(getIssueEvent(other, issue.id, id)).rejects.toThrow(notFound)
    await expect(getIssueEvent(project, otherIssue.id, id)).rejects.toThrow(notFound)
    await expect(getIssueEvent(project, otherIssue.id, 'latest')).rejects.toThrow(notFound)
  })

  it('INGEST-03: an id used by two projects is two events', async () => {
    const id = await store({ title: 'here' })
    const other = await storeProject(database.write)
    const theirs = await storeIssue(database.write, other.id)
    await storeEvent(database.write, other.id, theirs.groupId, { id, title: 'there' })
    expect((await getEvent(project, id)).title).toBe('here')
    expect((await getEvent(other, id)).title).toBe('there')
  })
})

describe('tags of an issue', () => {
  it('DETAIL-04: are counted by weight, commonest first, columns before tags', async () => {
    await store({ tags: { browser: 'Firefox', environment: 'ignored' }, level: 4, user: 'ada' })
    await store({ tags: { browser: 'Chrome' }, release: 'web@1' })
    await store({ tags: { browser: 'Chrome', page: '/' }, environment: 'staging', weight: 3 })
    const { data } = await issueTags(project, issue.id)
    expect(data).toEqual([
      {
        key: 'environment',
        total: 5,
        values: [
          { value: 'staging', count: 3 },
          { value: 'production', count: 2 },
        ],
      },
      { key: 'release', total: 5, values: [{ value: 'web@1', count: 1 }] },
      {
        key: 'level',
        total: 5,
        values: [
          { value: 'error', count: 4 },
          { value: 'fatal', count: 1 },
        ],
      },
      { key: 'user', total: 5, values: [{ value: 'ada', count: 1 }] },
      {
        key: 'browser',
        total: 5,
        values: [
          { value: 'Chrome', count: 4 },
          { value: 'Firefox', count: 1 },
        ],
      },
      { key: 'page', total: 5, values: [{ value: '/', count: 3 }] },
    ])
  })

  it('DETAIL-04: are bounded to 20 keys of 10 values', async () => {
    for (let i = 0; i < 12; i++) {
      await store({
        tags: Object.fromEntries(Array.from({ length: 30 }, (_, key) => [`key${key}`, `value${i}`])),
      })
    }
    const { data } = await issueTags(project, issue.id)
    expect(data).toHaveLength(20)
    expect(Math.max(...data.map(({ values }) => values.length))).toBe(10)
  })

  it('DETAIL-04: of an issue without stored events are none', async () => {
    expect(await issueTags(project, issue.id)).toEqual({ data: [], nextCursor: null })
  })
})
