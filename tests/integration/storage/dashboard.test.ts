import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { health } from '#server/domain/dashboard/health.ts'
import { outcomes } from '#server/domain/dashboard/outcomes.ts'
import { breakdown, topIssues } from '#server/domain/dashboard/rankings.ts'
import { volume } from '#server/domain/dashboard/volume.ts'
import { issueTimeline } from '#server/domain/issues/issue-timeline.ts'
import { deleteOldClientReports } from '#server/storage/client-reports/delete-old-client-reports.ts'
import { insertClientReports } from '#server/storage/client-reports/insert-client-reports.ts'
import { openDatabase, setDatabase, type Database } from '#server/storage/database.ts'
import { levelToNumber } from '#shared/constants/levels.ts'
import { OUTCOMES } from '#shared/constants/outcomes.ts'
import {
  outcomes as outcomesSchema,
  timeline as timelineSchema,
  volume as volumeSchema,
} from '#shared/schemas/stats.ts'
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
  storeQuarter,
  type StoredProject,
} from '../../support/stored.ts'

let test: TestDatabase
let database: Database
let project: StoredProject

beforeAll(async () => {
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

const quarter = (at: Date, n: number, more: { level?: number; environment?: string } = {}) =>
  storeQuarter(database.write, { projectId: project.id, at, n, ...more })
/** A year back at most: the months of rollups are there. */
const year = new Date().getUTCFullYear() - (new Date().getUTCMonth() < 4 ? 1 : 0)
const filled = (result: { buckets: { start: string; total: number }[] }) =>
  result.buckets.filter(({ total }) => total > 0).map(({ start, total }) => [start, total])

describe('volume', () => {
  it('DASH-01: is zero-filled, by level, and knows the time before', async () => {
    await quarter(new Date(), 3)
    await quarter(new Date(), 2, { level: levelToNumber('fatal') })
    await quarter(ago(5 * HOUR_MS), 4, { environment: 'staging' })
    await quarter(ago(30 * HOUR_MS), 7)
    await quarter(ago(60 * HOUR_MS), 100)
    const result = volumeSchema.parse(await volume(project.id, {}))
    expect(result).toMatchObject({ interval: '15m', total: 9, previousTotal: 7 })
    expect(result.buckets).toHaveLength(96)
    expect(result.buckets.at(-1)).toMatchObject({ counts: [0, 0, 0, 3, 2], total: 5 })
    expect(filled(result)).toHaveLength(2)
    expect(await volume(project.id, { environment: 'staging' })).toMatchObject({ total: 4, previousTotal: 0 })
    expect(await volume(project.id, { since: '7d' })).toMatchObject({ interval: '1h', total: 116 })
  })

  it('DASH-01: of nothing is a chart of zeros', async () => {
    const result = await volume(project.id, { since: '30d' })
    expect(result).toMatchObject({ interval: '1d', total: 0, previousTotal: 0 })
    expect(result.buckets).toHaveLength(30)
  })

  it('DASH-01: days are those of the zone, also where it is half an hour off', async () => {
    // Midnight in India is 18:30 in UTC.
    await quarter(new Date(`${year}-05-10T18:15:00Z`), 1)
    await quarter(new Date(`${year}-05-10T18:30:00Z`), 10)
    await quarter(new Date(`${year}-05-11T18:29:00Z`), 100)
    const range = { since: `${year}-05-05`, until: `${year}-05-20` }
    expect(filled(await volume(project.id, { ...range, timezone: 'Asia/Kolkata' }))).toEqual([
      [`${year}-05-09T18:30:00.000Z`, 1],
      [`${year}-05-10T18:30:00.000Z`, 110],
    ])
    expect(filled(await volume(project.id, range))).toEqual([
      [`${year}-05-10T00:00:00.000Z`, 11],
      [`${year}-05-11T00:00:00.000Z`, 100],
    ])
  })

  it('DASH-01: a day on which clocks change is one bar, of 23 or 25 hours', async () => {
    const lastSunday = (month: number) => {
      const day = new Date(Date.UTC(year, month, 31))
      day.setUTCDate(31 - day.getUTCDay())
      return day.getTime()
    }
    const changes = lastSunday(2)
    await quarter(new Date(changes - HOUR_MS), 1)
    await quarter(new Date(changes + 22 * HOUR_MS - MINUTE_MS), 10)
    await quarter(new Date(changes + 22 * HOUR_MS), 100)
    const range = {
      since: new Date(changes - 5 * DAY_MS).toISOString(),
      until: new Date(changes + 5 * DAY_MS).toISOString(),
    }
    const result = await volume(project.id, { ...range, timezone: 'Europe/Berlin' })
    expect(filled(result)).toEqual([
      [new Date(changes - HOUR_MS).toISOString(), 11],
      [new Date(changes + 22 * HOUR_MS).toISOString(), 100],
    ])
  })

  it('DASH-01: an unknown zone is refused', async () => {
    await expect(volume(project.id, { timezone: 'Mars/Olympus' })).rejects.toThrow(
      expect.objectContaining({ code: 'validation_failed' }),
    )
  })
})

describe("an issue's timeline", () => {
  it('DASH-06: is zero-filled hours of all its groups, days beyond a week', async () => {
    const { id, groupId } = await storeIssue(database.write, project.id)
    const merged = await storeGroup(database.write, project.id, id)
    const hour = { projectId: project.id, groupId }
    await storeGroupHour(database.write, { ...hour, at: new Date(), n: 3 })
    await storeGroupHour(database.write, { ...hour, at: new Date(), n: 1, environment: 'staging' })
    await storeGroupHour(database.write, { ...hour, groupId: merged, at: ago(2 * HOUR_MS), n: 5 })
    await storeGroupHour(database.write, { ...hour, at: ago(10 * DAY_MS), n: 50 })
    const day = timelineSchema.parse(await issueTimeline(project, id, { since: '24h' }))
    expect(day).toMatchObject({ interval: '1h', total: 9 })
    expect(day.buckets.map(({ n }) => n)).toEqual([...new Array(21).fill(0), 5, 0, 4])
    expect((await issueTimeline(project, id, { since: '7d' })).buckets).toHaveLength(168)
    const month = await issueTimeline(project, id, { since: '30d', timezone: 'America/New_York' })
    expect(month).toMatchObject({ interval: '1d', total: 59 })
    expect(month.buckets).toHaveLength(30)
    expect((await issueTimeline(project, id, { environment: 'staging' })).total).toBe(1)
  })
})

describe('the overview', () => {
  it('DASH-03: counts what is open, new, back, and who is affected', async () => {
    const fresh = await storeIssue(database.write, project.id)
    await storeIssue(database.write, project.id, { firstSeen: ago(9 * DAY_MS) })
    await storeIssue(database.write, project.id, { status: 'resolved', firstSeen: ago(HOUR_MS) })
    const back = await storeIssue(database.write, project.id)
    await database.write.query(
      `update issue set substatus = 'regressed' where project_id = $1 and issue_id = $2`,
      [project.id, back.id],
    )
    await database.write.query(
      `insert into group_user (project_id, group_id, user_hash, last_seen_on)
       values ($1, $2, 'a', current_date), ($1, $2, 'b', current_date), ($1, $2 + 1, 'a', current_date),
              ($1, $2, 'c', current_date - 9)`,
      [project.id, fresh.groupId],
    )
    await quarter(new Date(), 8)
    await quarter(ago(30 * HOUR_MS), 5)
    expect(await health(project.id, {})).toEqual({
      unresolved: 3,
      newIssues: 1,
      regressed: 1,
      escalating: 0,
      events: 8,
      previousEvents: 5,
      usersAffected: 2,
    })
    const other = await storeProject(database.write)
    expect(Object.values(await health(other.id, {}))).toEqual([0, 0, 0, 0, 0, 0, 0])
  })

  it('names the issues with most events, merged ones added up', async () => {
    const issues = []
    for (let i = 1; i <= 4; i++)
      issues.push(await storeIssue(database.write, project.id, { title: `Issue ${i}` }))
    const [one, two, three] = issues as [(typeof issues)[0], (typeof issues)[0], (typeof issues)[0]]
    const hour = { projectId: project.id, at: new Date() }
    await storeGroupHour(database.write, { ...hour, groupId: one.groupId, n: 5 })
    await storeGroupHour(database.write, { ...hour, groupId: two.groupId, n: 4 })
    await storeGroupHour(database.write, { ...hour, groupId: two.groupId, n: 3, environment: 'staging' })
    await storeGroupHour(database.write, { ...hour, groupId: three.groupId, n: 2 })
    await storeGroupHour(database.write, {
      ...hour,
      groupId: await storeGroup(database.write, project.id, three.id),
      n: 6,
    })
    await storeGroupHour(database.write, { ...hour, groupId: one.groupId, at: ago(3 * DAY_MS), n: 90 })
    const top = async (words: { since?: string; environment?: string; limit?: number }) =>
      (await topIssues(project, { limit: 5, ...words })).data.map(({ title, n }) => [title, n])
    expect(await top({})).toEqual([
      ['Issue 3', 8],
      ['Issue 2', 7],
      ['Issue 1', 5],
    ])
    expect(await top({ limit: 1 })).toEqual([['Issue 3', 8]])
    expect(await top({ environment: 'staging' })).toEqual([['Issue 2', 3]])
    expect((await top({ since: '7d' }))[0]).toEqual(['Issue 1', 95])
  })

  it('breaks events down by environment and release', async () => {
    await database.write.query(
      `insert into rollup_value_hour (project_id, bucket, kind, value, n)
       select $1, date_trunc('hour', now(), 'UTC'), kind, value, n
       from (values ('environment', 'production', 5), ('environment', 'staging', 9), ('release', 'web@1', 3)) t (kind, value, n)`,
      [project.id],
    )
    expect(await breakdown(project.id, { kind: 'environment' })).toEqual({
      kind: 'environment',
      values: [
        { value: 'staging', n: 9 },
        { value: 'production', n: 5 },
      ],
      total: 14,
    })
    expect(await breakdown(project.id, { kind: 'release' })).toMatchObject({ total: 3 })
    expect(await breakdown(project.id, { kind: 'release', since: '7d', until: '2d' })).toEqual({
      kind: 'release',
      values: [],
      total: 0,
    })
  })

  it('accounts for everything received', async () => {
    await database.write.query(
      `insert into outcome_minute (project_id, minute, outcome, n)
       values ($1, date_trunc('minute', now()), 0, 5), ($1, date_trunc('minute', now()), 4, 2), ($1, now() - interval '3 days', 0, 9)`,
      [project.id],
    )
    const day = await outcomes(project.id, {})
    expect(day.totals).toMatchObject({ stored: 5, rate_limited: 2, invalid: 0 })
    expect(Object.keys(day.totals)).toEqual([...OUTCOMES])
    expect([day.interval, day.buckets.length, day.total]).toEqual(['15m', 96, 7])
    expect(day.buckets.at(-1)).toMatchObject({ counts: [5, 0, 0, 0, 2, 0, 0, 0, 0], total: 7 })
    expect(day.buckets.slice(0, -1).every(({ total }) => total === 0)).toBe(true)
    expect(outcomesSchema.parse(day)).toEqual(day)
    const hour = await outcomes(project.id, { since: '1h' })
    expect([hour.interval, hour.buckets.length, hour.buckets.at(-1)!.total]).toEqual(['1m', 60, 7])
    const month = await outcomes(project.id, { since: '30d', timezone: 'Asia/Kolkata' })
    expect([month.interval, month.buckets.length, month.total]).toEqual(['1d', 30, 16])
    expect(month.buckets.at(-1)!.start).toMatch(/T18:30:00/)
  })

  it('lists what SDKs dropped themselves, most first, and only of the range and the project', async () => {
    const at = Date.now()
    const report = { projectId: project.id, at, reason: 'before_send', category: 'error', n: 2 }
    await insertClientReports(database.write, [
      report,
      { ...report, reason: 'network_error', n: 9 },
      { ...report, at: at - 3 * DAY_MS, n: 50 },
      { ...report, projectId: project.id + 1, n: 70 },
    ])
    // A second flush in the same minute adds.
    await insertClientReports(database.write, [report])
    const { reportedBySdks, total } = await outcomes(project.id, {})
    expect(reportedBySdks).toEqual([
      { reason: 'network_error', category: 'error', n: 9 },
      { reason: 'before_send', category: 'error', n: 4 },
    ])
    expect(total).toBe(0)
    expect((await outcomes(project.id, { since: '7d' })).reportedBySdks[0]!.n).toBe(54)
  })

  it('INGEST-06: sums beyond what JavaScript can count are cut, not refused', async () => {
    const row = { projectId: project.id, reason: 'other', category: 'other', n: Number.MAX_SAFE_INTEGER }
    await insertClientReports(database.write, [
      { ...row, at: Date.now() },
      { ...row, at: Date.now() - MINUTE_MS },
    ])
    const answer = await outcomes(project.id, {})
    expect(outcomesSchema.parse(answer).reportedBySdks[0]!.n).toBe(Number.MAX_SAFE_INTEGER)
  })

  it('forgets what SDKs dropped after 90 days', async () => {
    const row = { projectId: project.id, reason: 'before_send', category: 'error', n: 1 }
    await insertClientReports(database.write, [
      { ...row, at: Date.now() - 91 * DAY_MS },
      { ...row, at: Date.now() - 89 * DAY_MS },
    ])
    expect(await deleteOldClientReports(database.write)).toBe(1)
    expect(await deleteOldClientReports(database.write)).toBe(0)
    expect((await outcomes(project.id, { since: '100d' })).reportedBySdks[0]!.n).toBe(1)
  })
})
