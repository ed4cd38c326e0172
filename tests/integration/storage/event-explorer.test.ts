// The chart and the file of a search, compared with the list of the same search: exact where all was counted, honest
// where it was not; every row once while others arrive.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventHistogram } from '#server/domain/events/event-histogram.ts'
import { exportEvents } from '#server/domain/events/export-events.ts'
import { inExportSlot } from '#server/domain/events/export-slots.ts'
import { projectEvents } from '#server/domain/events/list-events.ts'
import { openDatabase, setDatabase, type Database } from '#server/storage/database.ts'
import {
  eventHistogramQuery,
  exportEventsQuery,
  listEventsQuery,
  type EventRow,
} from '#shared/schemas/event-view.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import {
  ago,
  HOUR_MS,
  MINUTE_MS,
  storeEvent,
  storeIssue,
  storePartitions,
  storeProject,
  storeQuarter,
  type StoredProject,
} from '../../support/stored.ts'

const EVENTS = 120
let test: TestDatabase
let database: Database
let project: StoredProject
let groupId: number

beforeAll(async () => {
  process.env.MESHER_SECRET ??= 'a-secret-for-tests-only-0123456789abcdef'
  test = await createTestDatabase()
  database = openDatabase(test.url)
  setDatabase(database)
  const { write } = database
  await storePartitions(write)
  project = await storeProject(write)
  groupId = (await storeIssue(write, project.id)).groupId
  for (let i = 0; i < EVENTS; i++) {
    const receivedAt = ago(i * 10 * MINUTE_MS + 1_000)
    const environment = i % 3 === 0 ? 'staging' : 'production'
    await storeEvent(write, project.id, groupId, {
      ...{ receivedAt, environment, level: i % 5, release: i % 4 === 0 ? 'web@1' : null },
      ...{ title: i % 2 === 0 ? 'TypeError: boom' : '=cmd: bang', tags: { 'a,b': `value ${i}` } },
    })
    await storeQuarter(write, { projectId: project.id, at: receivedAt, level: i % 5, environment, n: 1 })
  }
})
afterAll(async () => {
  setDatabase(undefined)
  await database.close()
  await test.drop()
})

const histogramOf = (query: Record<string, string>, bounds = {}) =>
  eventHistogram(project.id, eventHistogramQuery.parse(query), bounds)
async function listOf(query: Record<string, string>): Promise<EventRow[]> {
  const rows: EventRow[] = []
  for (let cursor: string | undefined; ;) {
    const page = await projectEvents(project, listEventsQuery.parse({ ...query, limit: 100, cursor }))
    rows.push(...page.data)
    if (page.nextCursor === null) return rows
    cursor = page.nextCursor
  }
}
async function fileOf(query: Record<string, string>, bounds = {}, between?: () => Promise<unknown>) {
  let text = ''
  for await (const piece of exportEvents(project, exportEventsQuery.parse(query), bounds)) {
    text += piece
    await between?.()
  }
  return text
}
const linesOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

/** Bars that begin and end with quarters: what the list's range and the chart's have in common. */
const quarter = (at: Date) => new Date(Math.floor(at.getTime() / (15 * MINUTE_MS)) * 15 * MINUTE_MS)
const range = () => ({
  since: quarter(ago(15 * HOUR_MS)).toISOString(),
  until: new Date(quarter(ago(2 * HOUR_MS)).getTime()).toISOString(),
})

describe('EVENTS-02 the histogram of a search', () => {
  it.each([
    [{}],
    [{ level: 'error' }],
    [{ environment: 'staging' }],
    [{ query: 'level:error' }],
    [{ query: '!level:error environment:staging' }],
    [{ query: 'boom' }],
    [{ query: 'boom environment:stag*' }],
    [{ query: 'release:web@1', level: 'error' }],
    [{ query: 'environment:staging', environment: 'production' }],
    [{ query: 'nowhere' }],
  ] as [Record<string, string>][])('counts what the list has: %j', async (filter) => {
    const asked = { ...range(), ...filter }
    const [histogram, rows] = [await histogramOf(asked), await listOf(asked)]
    expect(histogram.countedBackTo).toBeNull()
    expect(histogram.total).toBe(rows.length)
    const starts = histogram.buckets.map(({ start }) => start)
    expect(starts).toHaveLength(13 * 4)
    const totals = starts.map((start, i) => {
      const end = starts[i + 1] ?? histogram.until
      return rows.filter(({ receivedAt }) => receivedAt >= start && receivedAt < end).length
    })
    expect(histogram.buckets.map(({ total }) => total)).toEqual(totals)
    expect(histogram.buckets.every(({ counted }) => counted === 'whole')).toBe(true)
  })

  it('says how far it came, and gives no number to what it did not see', async () => {
    const histogram = await histogramOf({ query: 'boom' }, { budgetMs: 0, depth: 10 })
    expect(histogram.countedBackTo).not.toBeNull()
    const at = histogram.buckets.findIndex(({ counted }) => counted !== 'none')
    expect(histogram.buckets[at]).toMatchObject({ counted: 'part' })
    expect(histogram.buckets[at]!.start <= histogram.countedBackTo!).toBe(true)
    expect(
      histogram.buckets.slice(0, at).every(({ counts, total }) => counts === null && total === null),
    ).toBe(true)
    expect(
      histogram.buckets.slice(at + 1).every(({ counted, total }) => counted === 'whole' && total !== null),
    ).toBe(true)
    expect(histogram.total).toBe(5)
  })

  it('finds the same in many small steps, by words too', async () => {
    const whole = await histogramOf({ query: 'boom !release:web@1', since: '48h' })
    const stepwise = await histogramOf(
      { query: 'boom !release:web@1', since: '48h' },
      { budgetMs: 60_000, depth: 7 },
    )
    const { buckets, total } = stepwise
    expect([buckets, total]).toEqual([whole.buckets, whole.total])
    expect(total).toBe(EVENTS / 4)
    // One of 120: found in the order of time, then by the index of words.
    const rare = await histogramOf(
      { query: 'tag["a,b"]:"value 119"', since: '48h' },
      { budgetMs: 60_000, depth: 60 },
    )
    expect(rare.total).toBe(1)
  })

  it('counts a sampled event as often as it stands for', async () => {
    const other = await storeProject(database.write, 'sampled')
    const { groupId: group } = await storeIssue(database.write, other.id)
    for (const weight of [1, 4, 2.5])
      await storeEvent(database.write, other.id, group, { weight, receivedAt: ago(MINUTE_MS) })
    const { total } = await eventHistogram(other.id, eventHistogramQuery.parse({ query: 'boom' }))
    expect(total).toBe(8) // 7.5
  })
})

describe('EVENTS-03 an exported file', () => {
  it('has every row once, in the order of the list, while events arrive', async () => {
    const before = await listOf({ since: '48h' })
    const arrive = () =>
      storeEvent(database.write, project.id, groupId, { title: 'late', receivedAt: new Date() })
    const text = await fileOf({ since: '48h', format: 'ndjson' }, { pageRows: 9 }, arrive)
    expect(linesOf(text).map(({ id }) => id)).toEqual(before.map(({ id }) => id))
    expect(linesOf(text)[0]).toMatchObject({
      title: before[0]!.title,
      tags: before[0]!.tags,
      issue: expect.any(String),
    })
  })

  it('holds what a search finds', async () => {
    const query = { since: '48h', query: 'bang level:error' }
    const text = await fileOf({ ...query, format: 'ndjson', columns: 'id' }, { pageRows: 3 })
    expect(linesOf(text).map(({ id }) => id)).toEqual((await listOf(query)).map(({ id }) => id))
  })

  it('is cut at the bound and says so in its last line; one that just fits is not', async () => {
    const asked = { since: '48h', query: 'boom', columns: 'id,level' }
    const lines = linesOf(await fileOf({ ...asked, format: 'ndjson' }, { maxRows: 20, pageRows: 8 }))
    expect(lines).toHaveLength(21)
    expect(lines[20]).toMatchObject({ cut: true, rows: 20, message: expect.stringContaining('until=') })
    const csv = (await fileOf({ ...asked, format: 'csv' }, { maxRows: 20, pageRows: 8 }))
      .trimEnd()
      .split('\r\n')
    expect(csv).toHaveLength(22)
    expect(csv[0]).toBe('id,level')
    expect(csv[21]).toMatch(/^\(cut after 20 rows: go on with until=[^,]*\),$/)
    const all = linesOf(await fileOf({ ...asked, format: 'ndjson' }, { maxRows: EVENTS / 2, pageRows: 8 }))
    expect(all).toHaveLength(EVENTS / 2)
    expect(all.some((line) => 'cut' in line)).toBe(false)
  })

  it('has the columns asked for, tags with any key among them, and no formula', async () => {
    const columns = `title,tag.${encodeURIComponent('a,b')},release`
    const [head, row] = (await fileOf({ since: '48h', query: 'bang', columns })).split('\r\n')
    expect(head).toBe('title,"a,b",release')
    expect(row).toMatch(/^'=cmd: bang,value \d+,$/)
  })

  it('refuses a search that cannot be read before the first piece, and frees its place', () => {
    const start = () =>
      inExportSlot('eve', () => exportEvents(project, exportEventsQuery.parse({ query: 'level:loud' })))
    expect(start).toThrow(expect.objectContaining({ code: 'validation_failed' }))
    expect(start).toThrow(expect.objectContaining({ code: 'validation_failed' }))
  })

  it('is one at a time for each person, until it ends or nobody reads on', async () => {
    const start = (user: string) =>
      inExportSlot(user, () => exportEvents(project, exportEventsQuery.parse({})))
    const first = start('ada')
    await first.next()
    expect(() => start('ada')).toThrow(expect.objectContaining({ code: 'too_many_attempts' }))
    const others = ['b', 'c', 'd'].map(start)
    await Promise.all(others.map((one) => one.next()))
    expect(() => start('e')).toThrow(expect.objectContaining({ code: 'too_many_attempts' }))
    await first.return()
    const again = start('ada')
    for await (const piece of again) expect(piece).not.toBe('')
    await Promise.all(others.map((one) => one.return()))
    await start('ada')
      .next()
      .then(({ done }) => expect(done).toBe(false))
  })
})
