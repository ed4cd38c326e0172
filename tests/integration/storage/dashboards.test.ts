// Charts and figures against naive recounts: rows are made at random (the same in every run), read back whole, and added
// up in plain JavaScript with the calendar of Intl.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bucketsOf } from '#server/domain/dashboard/buckets.ts'
import { health, newSince } from '#server/domain/dashboard/health.ts'
import { orgOverview } from '#server/domain/dashboard/org-overview.ts'
import { breakdown } from '#server/domain/dashboard/rankings.ts'
import { tagStats } from '#server/domain/dashboard/tags.ts'
import { volume } from '#server/domain/dashboard/volume.ts'
import { countIssues, countOrgIssues as countOrgTabs } from '#server/domain/issues/count-issues.ts'
import { filterOf } from '#server/domain/issues/issue-filter.ts'
import { issueTimeline } from '#server/domain/issues/issue-timeline.ts'
import { listIssues } from '#server/domain/issues/list-issues.ts'
import { expiriesOf } from '#server/domain/retention/expiry.ts'
import { countIssueHealth } from '#server/storage/dashboard/count-issue-health.ts'
import { countOrgIssues } from '#server/storage/dashboard/count-org-issues.ts'
import { countOrgVolume } from '#server/storage/dashboard/count-org-volume.ts'
import { listFirstReleases } from '#server/storage/dashboard/list-first-releases.ts'
import { listTagValues } from '#server/storage/dashboard/list-tag-values.ts'
import { openDatabase, setDatabase, type Database } from '#server/storage/database.ts'
import { listIssuesQuery, orgIssueFilter } from '#shared/schemas/issue.ts'
import {
  orgOverview as orgOverviewSchema,
  tagStats as tagStatsSchema,
  timeline as timelineSchema,
  volume as volumeSchema,
} from '#shared/schemas/stats.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { explainer } from '../../support/plan.ts'
import {
  ago,
  DAY_MS,
  HOUR_MS,
  storeEvent,
  storeGroup,
  storeGroupHour,
  storeIssue,
  storePartitions,
  storeProject,
  type StoredProject,
} from '../../support/stored.ts'

const PROJECTS = 4
const ISSUES = 600
const DAYS = 70
const ZONES = ['UTC', 'Asia/Kolkata', 'Asia/Kathmandu', 'America/New_York', 'Pacific/Auckland']

interface Quarter {
  projectId: number
  bucket: Date
  level: number
  environment: string
  n: number
}

let test: TestDatabase
let database: Database
let organizationId: number
const projects: StoredProject[] = []
let quarters: Quarter[]

beforeAll(async () => {
  process.env.MESHER_SECRET ??= 'a-secret-for-tests-only-0123456789abcdef'
  test = await createTestDatabase()
  database = openDatabase(test.url)
  setDatabase(database)
  const { write } = database
  await storePartitions(write)
  const { rows } = await write.query<{ id: number }>(
    `insert into organization (slug, name) values ('acme', 'Acme') returning id`,
  )
  organizationId = rows[0]!.id
  for (let i = 0; i < PROJECTS; i++) {
    const made = await write.query<{ id: number }>(
      `insert into project (organization_id, slug, name, platform) values ($1, $2, $2, 'node') returning id`,
      [organizationId, `p${i}`],
    )
    projects.push({ id: made.rows[0]!.id, slug: `p${i}` })
  }
  const stranger = await storeProject(write)
  const ids = [...projects, stranger].map(({ id }) => id)
  await write.query('select setseed(0.5)')
  // The last project stays silent.
  await write.query(
    `insert into rollup_project_quarter (project_id, bucket, level, environment, n)
     select p, date_bin('15 minutes', now(), timestamptz '2000-01-01Z') - q * interval '15 minutes', l, e,
            1 + abs(hashint8(q * 31 + l * 7 + p)::bigint) % 50
     from unnest($1::int[]) p, generate_series(0, $2::int * 96) q, unnest('{1,3,4}'::int[]) l,
          unnest('{production,staging}'::text[]) e
     where abs(hashint8(q * 101 + l * 13 + p * 7 + length(e))::bigint) % 5 = 0 and p <> $3`,
    [ids, DAYS, projects.at(-1)!.id],
  )
  await write.query(
    `insert into issue (project_id, issue_id, title, level, platform, status, substatus, first_seen, last_seen,
                        event_count, search)
     select p, p * 100000 + i, 'Issue ' || i, 3, 'node', s, case when s = 'unresolved' then sub end,
            l - abs(hashint8(i * 7 + p)::bigint) % 20 * interval '13 hours', l, 1, ''
     from unnest($1::int[]) p, generate_series(1, $2::int) i
     cross join lateral (select case when i % 7 = 0 then 'resolved' when i % 11 = 0 then 'archived' else 'unresolved' end as s,
                                (array['new', 'ongoing', 'new', 'regressed', 'escalating', 'new'])[i % 6 + 1] as sub,
                                now() - abs(hashint8(i * 3 + p)::bigint) % 900 * interval '1 hour' as l) t`,
    [ids, ISSUES],
  )
  await write.query(
    `insert into event_group (project_id, group_id, version, hash, issue_id, why)
     select project_id, issue_id, 1, decode(md5(issue_id::text), 'hex'), issue_id, '{}' from issue`,
  )
  await write.query(
    `insert into rollup_group_hour (project_id, group_id, bucket, environment, n)
     select project_id, issue_id, date_trunc('hour', last_seen, 'UTC'),
            case when abs(hashint8(issue_id)::bigint) % 3 = 0 then 'staging' else 'production' end, 1 from issue`,
  )
  await write.query(
    `insert into event (project_id, event_id, expires_on, group_id, received_at, occurred_at, level, platform,
                        environment, title, search, payload, payload_bytes, tags)
     select $1::int, md5(i::text)::uuid, d + (8 - extract(isodow from d)::int) % 7, $1::int::bigint * 100000 + i % $2::int + 1,
            r, r, 3, 'node', 'production', 'Event ' || i, '', '', 1, jsonb_build_object('browser', 'b' || i % 9)
     from (select i, r, (r at time zone 'UTC')::date + 90 as d
           from (select i, now() - i * interval '10 minutes' as r from generate_series(1, 6000) i) t) t`,
    [projects[0]!.id, ISSUES],
  )
  await write.query('analyze')
  quarters = (
    await write.query<Quarter>(
      `select project_id as "projectId", bucket, level, environment, n from rollup_project_quarter`,
    )
  ).rows
}, 120_000)
afterAll(async () => {
  setDatabase(undefined)
  await database.close()
  await test.drop()
})

const sum = (rows: readonly { n: number }[]) => rows.reduce((all, { n }) => all + n, 0)
const ofProject = (id: number, environment?: string) =>
  quarters.filter((row) => row.projectId === id && (!environment || row.environment === environment))
const between = (rows: readonly Quarter[], from: number, to: number) =>
  rows.filter(({ bucket }) => bucket.getTime() >= from && bucket.getTime() < to)
const dayIn = (timeZone: string) => {
  const words = new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' })
  return (at: Date | string) => words.format(new Date(at))
}

describe('volume', () => {
  it.each(ZONES)('DASH-02: days of %s and the days before equal a recount', async (timezone) => {
    const { id } = projects[0]!
    const result = volumeSchema.parse(await volume(id, { since: '30d', timezone }))
    const dayOf = dayIn(timezone)
    const mine = ofProject(id)
    for (const { start, counts, total } of result.buckets) {
      const ofDay = mine.filter(({ bucket }) => dayOf(bucket) === dayOf(start))
      expect(total, start).toBe(sum(ofDay))
      expect(counts).toEqual([0, 1, 2, 3, 4].map((level) => sum(ofDay.filter((row) => row.level === level))))
    }
    const [since, until] = [Date.parse(result.since), Date.parse(result.until)]
    const earlier = between(mine, 2 * since - until, since)
    expect(result.previousTotal).toBe(sum(earlier))
    expect(result.previousCounts).toEqual(
      [0, 1, 2, 3, 4].map((level) => sum(earlier.filter((row) => row.level === level))),
    )
    expect(result.previousTotal).toBeGreaterThan(0)
  })

  it('DASH-02: a range cut out of the chart holds its bars, and compares with as much before', async () => {
    const { id } = projects[1]!
    const day = await volume(id, { since: '24h' })
    const [first, last] = [day.buckets[20]!, day.buckets[43]!]
    const until = new Date(Date.parse(last.start) + HOUR_MS / 4).toISOString()
    const part = await volume(id, { since: first.start, until, environment: 'staging' })
    const whole = await volume(id, { since: first.start, until })
    expect(whole.buckets).toEqual(day.buckets.slice(20, 44))
    const staging = ofProject(id, 'staging')
    expect([part.total, part.previousTotal]).toEqual([
      sum(between(staging, Date.parse(first.start), Date.parse(until))),
      sum(between(staging, Date.parse(first.start) - 6 * HOUR_MS, Date.parse(first.start))),
    ])
  })
})

describe('figures', () => {
  const recount = async (project: StoredProject, words: Record<string, string>) => {
    const states: (string | null)[] = []
    let cursor: string | undefined
    do {
      const page = await listIssues(
        project,
        listIssuesQuery.parse({ ...words, limit: 100, cursor }),
        'nobody',
      )
      states.push(...page.data.map(({ substatus }) => substatus))
      cursor = page.nextCursor ?? undefined
    } while (cursor)
    const of = (state: string) => states.filter((one) => one === state).length
    return {
      unresolved: states.length,
      newIssues: of('new'),
      regressed: of('regressed'),
      escalating: of('escalating'),
    }
  }

  it.each([
    ['24h', undefined, undefined],
    ['7d', undefined, undefined],
    ['30d', undefined, 'staging'],
    ['14d', '3d', undefined],
  ])('DASH-03: equal the lists they lead to, since %s until %s in %s', async (since, until, environment) => {
    const words = { since, ...(until ? { until } : {}), ...(environment ? { environment } : {}) }
    const project = projects[0]!
    const expected = await recount(project, words)
    expect(await health(project.id, words)).toMatchObject(expected)
    // As the links of the cards ask.
    for (const [state, n] of [
      ['new', expected.newIssues],
      ['regressed', expected.regressed],
      ['escalating', expected.escalating],
    ] as const) {
      expect(await recount(project, { ...words, query: `is:${state}` })).toMatchObject({ unresolved: n })
      // The tab of it is the same list.
      expect(await recount(project, { ...words, substatus: state })).toMatchObject({ unresolved: n })
    }
    const { unresolved, newIssues, regressed, escalating } = expected
    expect(await countIssues(project.id, listIssuesQuery.parse(words), 'nobody')).toMatchObject({
      ...{ unresolved, new: newIssues, regressed, escalating },
    })
    for (const n of Object.values(expected)) expect(n).toBeGreaterThan(0)
  })

  it('DASH-03: what is new wears off after a week, as in the list', async () => {
    const project = await storeProject(database.write)
    await storeIssue(database.write, project.id, { firstSeen: ago(8 * DAY_MS) })
    await storeIssue(database.write, project.id, { firstSeen: ago(6 * DAY_MS) })
    expect(await health(project.id, {})).toMatchObject({ unresolved: 2, newIssues: 1 })
  })
})

describe('the organisation', () => {
  it.each(['UTC', 'Asia/Kolkata'])('DASH-05: lists its projects by events, days of %s', async (timezone) => {
    const words = { since: '14d', timezone }
    const result = orgOverviewSchema.parse(await orgOverview(organizationId, words))
    expect(result.starts).toHaveLength(14)
    expect(result.projects.map(({ projectId }) => Number(projectId)).sort()).toEqual(
      projects.map(({ id }) => id).sort(),
    )
    const dayOf = dayIn(timezone)
    for (const row of result.projects) {
      const mine = ofProject(Number(row.projectId))
      expect(row.series).toEqual(
        result.starts.map((start) => sum(mine.filter(({ bucket }) => dayOf(bucket) === dayOf(start)))),
      )
      const alone = await volume(Number(row.projectId), words)
      const { unresolved, newIssues, regressed, escalating } = await health(Number(row.projectId), words)
      expect(row).toMatchObject({
        events: alone.total,
        previousEvents: alone.previousTotal,
        ...{ unresolved, newIssues, regressed, escalating },
      })
    }
    // The figures of all projects together are the tabs of the list they lead to.
    const all = (of: 'unresolved' | 'newIssues' | 'regressed' | 'escalating') =>
      Math.min(1_001, sum(result.projects.map((row) => ({ n: row[of] }))))
    expect(
      await countOrgTabs(organizationId, orgIssueFilter.parse({ since: '14d' }), 'nobody'),
    ).toMatchObject({
      unresolved: all('unresolved'),
      new: all('newIssues'),
      regressed: all('regressed'),
      escalating: all('escalating'),
    })
    const events = result.projects.map((row) => row.events)
    expect(events).toEqual(events.toSorted((a, b) => b - a))
    expect(events.at(-1)).toBe(0)
  })

  it('DASH-05: without projects is empty', async () => {
    expect((await orgOverview(2_000_000, {})).projects).toEqual([])
  })

  it('DASH-05: a part of the past compares with as much before it', async () => {
    const words = { since: ago(50 * HOUR_MS).toISOString(), until: ago(20 * HOUR_MS).toISOString() }
    const { projects: rows } = await orgOverview(organizationId, words)
    for (const { projectId, events, previousEvents } of rows) {
      const { total, previousTotal } = await volume(Number(projectId), words)
      expect([events, previousEvents]).toEqual([total, previousTotal])
    }
  })
})

describe('tags', () => {
  it('DASH-04: of the newest stored events, by weight, equal a recount', async () => {
    const project = await storeProject(database.write)
    const { groupId } = await storeIssue(database.write, project.id)
    const gone = await storeGroup(database.write, project.id, '1')
    await database.write.query(
      `update event_group set discarded_at = now() where project_id = $1 and group_id = $2`,
      [project.id, gone],
    )
    const browsers = ['Chrome', 'Firefox', 'Safari']
    const stored: { tags: Record<string, string>; weight: number; environment: string }[] = []
    for (let i = 0; i < 60; i++) {
      const event = {
        tags: { browser: browsers[(i * i) % 3]!, ...(i % 2 ? { region: `r${i % 5}` } : {}) },
        weight: i % 10 === 0 ? 4 : 1,
        environment: i % 4 ? 'production' : 'staging',
      }
      stored.push(event)
      await storeEvent(database.write, project.id, groupId, { ...event, receivedAt: ago(i * 60_000 + 1_000) })
    }
    await storeEvent(database.write, project.id, gone, { tags: { browser: 'Gone' } })
    await storeEvent(database.write, project.id, groupId, {
      tags: { browser: 'Old' },
      receivedAt: ago(3 * DAY_MS),
    })
    const recount = (rows: typeof stored, key: string) => {
      const n = new Map<string, number>()
      for (const { tags, weight } of rows) {
        const value = tags[key]
        if (value !== undefined) n.set(value, (n.get(value) ?? 0) + weight)
      }
      return [...n]
        .map(([value, count]) => ({ value, n: count }))
        .sort((a, b) => b.n - a.n || (a.value < b.value ? -1 : 1))
    }
    const weightOf = (rows: typeof stored) => rows.reduce((all, { weight }) => all + weight, 0)

    const all = tagStatsSchema.parse(await tagStats(project.id, {}))
    expect(all).toEqual({
      facets: ['browser', 'region'].map((key) => ({ key, values: recount(stored, key) })),
      total: weightOf(stored),
      looked: 61, // with the one of the discarded issue, which counts for nothing
      lookedBackTo: null,
    })
    const staging = stored.filter(({ environment }) => environment === 'staging')
    expect(await tagStats(project.id, { environment: 'staging', key: 'browser' })).toMatchObject({
      facets: [{ key: 'browser', values: recount(staging, 'browser') }],
      total: weightOf(staging),
    })
    const few = await tagStats(project.id, {}, { sample: 11, keys: 1, valuesPerKey: 2 })
    expect(few).toMatchObject({ looked: 11, total: weightOf(stored.slice(0, 10)) })
    expect(few.facets).toEqual([
      { key: 'browser', values: recount(stored.slice(0, 10), 'browser').slice(0, 2) },
    ])
    expect(Date.parse(few.lookedBackTo!)).toBeGreaterThan(Date.now() - 11 * 60_000)
    expect(await tagStats(project.id, { key: 'no such key' })).toMatchObject({ facets: [], looked: 61 })
  })

  it('DASH-04: environments and releases are exact, from rollups', async () => {
    const project = await storeProject(database.write)
    await database.write.query(
      `insert into rollup_value_hour (project_id, bucket, kind, value, n)
       select $1, date_trunc('hour', now(), 'UTC') - h * interval '1 hour', k, k || v, h + v
       from generate_series(0, 40) h, generate_series(1, 25) v, unnest('{environment,release}'::text[]) k`,
      [project.id],
    )
    const { rows } = await database.write.query<{ bucket: Date; value: string; n: number }>(
      `select bucket, value, n from rollup_value_hour where project_id = $1 and kind = 'release'`,
      [project.id],
    )
    const from = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - 23 * HOUR_MS
    const inRange = rows.filter(({ bucket }) => bucket.getTime() >= from)
    const result = await breakdown(project.id, { kind: 'release' })
    expect(result.total).toBe(sum(inRange))
    expect(result.values).toHaveLength(20)
    for (const { value, n } of result.values)
      expect(n).toBe(sum(inRange.filter((row) => row.value === value)))
  })
})

describe("an issue's timeline", () => {
  it('DASH-06: names the releases that began in its range, and no others', async () => {
    const project = await storeProject(database.write)
    const { id, groupId } = await storeIssue(database.write, project.id)
    await storeGroupHour(database.write, { projectId: project.id, groupId, at: new Date(), n: 1 })
    const seen = (release: string, ...hours: number[]) =>
      database.write.query(
        `insert into rollup_value_hour (project_id, bucket, kind, value, n)
         select $1, date_trunc('hour', now(), 'UTC') - h * interval '1 hour', 'release', $2, 1 from unnest($3::int[]) h`,
        [project.id, release, hours],
      )
    await seen('web@1', 60, 10, 0)
    await seen('web@2', 12, 11, 0)
    await seen('web@3', 2)
    await seen('web@0', 90)
    const day = timelineSchema.parse(await issueTimeline(project, id, { since: '24h' }))
    const hour = (back: number) => new Date((Math.floor(Date.now() / HOUR_MS) - back) * HOUR_MS).toISOString()
    expect(day.releases).toEqual([
      { release: 'web@2', at: hour(12) },
      { release: 'web@3', at: hour(2) },
    ])
    const week = await issueTimeline(project, id, { since: '7d', timezone: 'Asia/Kolkata' })
    expect(week.releases.map(({ release }) => release)).toEqual(['web@0', 'web@1', 'web@2', 'web@3'])
  })
})

describe('plans', () => {
  const now = new Date()
  const buckets = () =>
    bucketsOf({ since: ago(7 * DAY_MS), until: null, sliding: true }, { now, finest: '15m' })
  const months = (relations: readonly string[], table: string) =>
    relations.filter((name) => name.startsWith(`${table}_`))

  it('DASH-03: figures lean on indexes of issues, in a project and in all of them', async () => {
    const db = explainer(database.read)
    const words = { status: 'unresolved', since: '24h' } as const
    const { filter } = await filterOf(database.read, projects[0]!.id, words, '', now)
    await countIssueHealth(db, { ...filter, status: 'unresolved' }, newSince(now), 1_000)
    expect(db.plan().nodeTypes).not.toContain('Seq Scan')
    expect(db.plan().indexes).toContain('issue_notable_idx')
    const ids = projects.map(({ id }) => id)
    await countOrgIssues(db, ids, { since: ago(DAY_MS), until: null }, newSince(now), 1_000)
    expect(db.plan().nodeTypes).not.toContain('Seq Scan')
    expect(db.plan().indexes).toContain('issue_notable_idx')
  })

  it('DASH-05: the organisation reads the months of its range only', async () => {
    const db = explainer(database.read)
    const { from, to, starts } = buckets()
    await countOrgVolume(
      db,
      projects.map(({ id }) => id),
      { starts, before: ago(14 * DAY_MS), from, to },
    )
    expect(db.plan().indexes.every((name) => /^rollup_project_quarter_\d+_pkey$/.test(name))).toBe(true)
    expect(db.plan().indexes.length).toBeGreaterThan(0)
    expect(months(db.plan().relations, 'rollup_project_quarter').length).toBeLessThanOrEqual(2)
  })

  it('DASH-04: tags read the newest rows of the weeks there can be, by index', async () => {
    const db = explainer(database.read)
    const { from, to } = buckets()
    await listTagValues(db, {
      projectId: projects[0]!.id,
      expiries: expiriesOf({ since: from, until: to }, now),
      ...{ from, to, environment: null, key: null, sample: 200, keys: 20, valuesPerKey: 20 },
    })
    const { indexes, readWhole } = db.plan()
    expect(indexes).toEqual(
      expect.arrayContaining([expect.stringMatching(/project_id_received_at_event_id/)]),
    )
    // Since when the project keeps its events: a handful of projects is read in one page.
    expect(readWhole.filter((name) => name !== 'project')).toEqual([])
  })

  it('DASH-06: releases are found by the rollup of the range', async () => {
    const db = explainer(database.read)
    const { from, to } = buckets()
    await listFirstReleases(db, projects[0]!.id, { lookBack: ago(14 * DAY_MS), from, to }, 20)
    expect(months(db.plan().relations, 'rollup_value_hour').length).toBeLessThanOrEqual(2)
  })
})
