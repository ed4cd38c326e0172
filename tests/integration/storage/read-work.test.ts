// What every list, search, detail and chart costs PostgreSQL on a project with two months of events: no table read
// whole, no week or month that the range cannot have, a bounded number of rows, and as many for the hundredth page as
// for the first. Counted rows, never time.
import { zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { health } from '#server/domain/dashboard/health.ts'
import { orgOverview } from '#server/domain/dashboard/org-overview.ts'
import { outcomes } from '#server/domain/dashboard/outcomes.ts'
import { breakdown, topIssues } from '#server/domain/dashboard/rankings.ts'
import { tagStats } from '#server/domain/dashboard/tags.ts'
import { volume } from '#server/domain/dashboard/volume.ts'
import { eventHistogram } from '#server/domain/events/event-histogram.ts'
import { getEvent, getIssueEvent } from '#server/domain/events/get-event.ts'
import { issueEvents, projectEvents } from '#server/domain/events/list-events.ts'
import { countInEnvironment } from '#server/storage/dashboard/count-in-environment.ts'
import { countIssues, countOrgIssues } from '#server/domain/issues/count-issues.ts'
import { getIssue } from '#server/domain/issues/get-issue.ts'
import { issueActivity, issueGroups } from '#server/domain/issues/issue-history.ts'
import { issueTags } from '#server/domain/issues/issue-tags.ts'
import { issueTimeline } from '#server/domain/issues/issue-timeline.ts'
import { listIssues } from '#server/domain/issues/list-issues.ts'
import { listOrgIssues } from '#server/domain/issues/list-org-issues.ts'
import { searchKeys, searchValues } from '#server/domain/search/suggest.ts'
import { openDatabase, setDatabase, type Database } from '#server/storage/database.ts'
import { eventHistogramQuery, listEventsQuery } from '#shared/schemas/event-view.ts'
import { issueFilter, listIssuesQuery, listOrgIssuesQuery, orgIssueFilter } from '#shared/schemas/issue.ts'
import {
  breakdownQuery,
  orgOverviewQuery,
  statsQuery,
  tagStatsQuery,
  topIssuesQuery,
} from '#shared/schemas/stats.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import {
  ago,
  normalEvent,
  storePartitions,
  storeProject,
  storeUser,
  type StoredProject,
} from '../../support/stored.ts'
import { recorder, type Work } from '../../support/work.ts'

const ISSUES = 5_000
const EVENTS = 60_000
const PAGE = 25
const DEEP_PAGE = 100
const DAY_MS = 86_400_000

let test: TestDatabase
let database: Database
let project: StoredProject
let organizationId: number
let userId: string
let takeWork: () => Work
/** The one with most events; an event of it in the middle of the time. */
const LOUD = '1'
let event: { id: string; day: string }

beforeAll(async () => {
  process.env.MESHER_SECRET ??= 'a-secret-for-tests-only-0123456789abcdef'
  test = await createTestDatabase()
  database = openDatabase(test.url)
  const { write } = database
  await storePartitions(write)
  project = await storeProject(write)
  const other = await storeProject(write)
  userId = await storeUser(write)
  // A sixth of everything belongs to somebody else. Values are spread by arithmetic, the same in every run; the n-th
  // issue has 1/n of the events of the first.
  await write.query(
    `insert into issue (project_id, issue_id, title, type, level, platform, status, substatus, first_seen, last_seen,
                        event_count, user_count, search, assignee_id)
     select case when i % 6 = 0 then $2::int else $1::int end, i, 'TypeError: issue ' || i, 'TypeError', i % 5, 'node',
            case when i % 7 = 3 then 'resolved' else 'unresolved' end,
            case when i % 7 = 3 then null when i % 97 = 1 then 'regressed' else 'new' end,
            now() - interval '50 days', now() - (i % 50) * interval '1 day', i * 7919 % 1000, i * 104729 % 500,
            ('''issue'' ''w' || i || '''')::tsvector, case when i % 13 = 0 then $4 end
     from generate_series(1, $3::int) i`,
    [project.id, other.id, ISSUES, userId],
  )
  await write.query(`update issue set resolved_at = last_seen where status = 'resolved'`)
  await write.query(
    `insert into event_group (project_id, group_id, version, hash, issue_id, why)
     select project_id, issue_id, 1, decode(md5(issue_id::text), 'hex'), issue_id, '{}' from issue`,
  )
  await write.query(
    `insert into event (project_id, event_id, expires_on, group_id, received_at, occurred_at, level, platform,
                        environment, release, title, user_label, tags, search, payload, payload_bytes)
     select g.project_id, md5(i::text)::uuid, d + (8 - extract(isodow from d)::int) % 7, g.group_id, r, r, i % 5, 'node',
            case when i % 17 = 0 then 'development' else 'production' end, 'web@1.' || i % 40, 'Event ' || i,
            'user' || i % 3000 || '@example.org',
            jsonb_build_object('browser', case when i % 6 = 0 then 'Firefox' else 'Chrome' end, 'server', 'web-' || i % 20),
            ('''event'' ''w' || i || ''' ''seldom' || i % 2000 || ''' ''browser='' ''browser='
              || case when i % 6 = 0 then 'firefox' else 'chrome' end || ''' ''=user.id=' || i % 3000 || '''')::tsvector,
            $3::bytea, 1
     from (
       select i, r, (r at time zone 'UTC')::date + (case when i % 3 = 0 then 60 else 90 end) as d,
              least($2::int, floor(($2::int + 1) ^ ((i::bigint * 48271 % 99991) / 99991.0)))::int as nth
       from (select i, now() - i * interval '55 days' / $1::int as r from generate_series(1, $1::int) i) t
     ) t
     join event_group g on g.group_id = t.nth`,
    [EVENTS, ISSUES, zstdCompressSync(JSON.stringify(normalEvent('0'.repeat(32), ago(0), 'Event')))],
  )
  for (const statement of ROLLUPS) await write.query(statement)
  await analyseAsAutovacuumDoes(database.write)
  const { rows } = await write.query<{ id: string; day: string; organization_id: number }>(
    `select replace(event_id::text, '-', '') as id, (received_at at time zone 'UTC')::date::text as day, organization_id
     from event join project on id = project_id
     where project_id = $1 and group_id = $2 and received_at < now() - interval '20 days'
     order by received_at desc limit 1`,
    [project.id, LOUD],
  )
  const [found] = rows
  event = found!
  organizationId = found!.organization_id
  const recording = recorder(database.read)
  takeWork = recording.takeWork
  setDatabase({ ...database, read: recording.pool })
}, 180_000)
afterAll(async () => {
  setDatabase(undefined)
  await database.close()
  await test.drop()
})

/** Tables and partitions; never the partitioned table above them. */
async function analyseAsAutovacuumDoes(pool: Database['write']): Promise<void> {
  const { rows } = await pool.query<{ names: string }>(
    `select string_agg(c.oid::regclass::text, ', ') as names from pg_class c
     where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace`,
  )
  await pool.query(`vacuum (analyze) ${rows[0]!.names}`)
}

const ROLLUPS = [
  `insert into group_total (project_id, group_id, event_count, stored_count, stored_bytes, user_count, first_seen, last_seen)
   select project_id, group_id, count(*), count(*), count(*), 1, min(received_at), max(received_at) from event group by 1, 2`,
  `insert into group_user (project_id, group_id, user_hash, last_seen_on)
   select project_id, group_id, decode(md5(user_label), 'hex'), max(received_at)::date from event group by 1, 2, 3`,
  `insert into rollup_group_hour (project_id, group_id, bucket, environment, n)
   select project_id, group_id, date_trunc('hour', received_at, 'UTC'), environment, count(*) from event group by 1, 2, 3, 4`,
  `insert into rollup_project_quarter (project_id, bucket, level, environment, n)
   select project_id, date_bin('15 minutes', received_at, timestamptz '2000-01-01Z'), level, environment, count(*)
   from event group by 1, 2, 3, 4`,
  `insert into rollup_value_hour (project_id, bucket, kind, value, n)
   select project_id, date_trunc('hour', received_at, 'UTC'), 'release', release, count(*) from event group by 1, 2, 4
   union all
   select project_id, date_trunc('hour', received_at, 'UTC'), 'environment', environment, count(*) from event group by 1, 2, 4`,
  `insert into outcome_minute (project_id, minute, outcome, n)
   select project_id, date_trunc('minute', received_at), 0, count(*) from event group by 1, 2`,
  `insert into issue_activity (project_id, issue_id, kind)
   select project_id, issue_id, 'created' from issue, generate_series(1, 3)`,
  `insert into seen_value (project_id, kind, value, first_day)
   select distinct project_id, 'release', release, current_date from event`,
]

/** Few rows whatever is stored: reading them whole is the shortest way. */
// Of five thousand groups a tenth is asked for: one reading is the shortest way.
const SMALL = new Set([
  'event_group',
  'project',
  'organization',
  'member',
  'user',
  'lease',
  'installation',
  'seen_value',
  'issue_operation',
])
const weeksOf = (work: Work) => work.relations.filter((name) => /^event_\d{8}$/.test(name)).length
const monthsOf = (work: Work) =>
  Math.max(
    0,
    ...['rollup_group_hour', 'rollup_project_quarter', 'rollup_value_hour'].map(
      (table) => work.relations.filter((name) => name.startsWith(`${table}_`)).length,
    ),
  )
/** A range of so many days lies in so many weeks of expiry for each of three retentions; and the day ahead. */
const mostWeeks = (days: number) => 3 * (Math.ceil((days + 1) / 7) + 1)
const mostMonths = (days: number) => Math.ceil((days + 2) / 28) + 1

/** Nearly all of a month of counts is asked for, near its end: from its beginning on is the shortest way then. */
const isWholeMonth = (name: string, days: number) => days >= 28 && /^rollup_\w+_\d{8}$/.test(name)

function expectBounded(work: Work, { days, rows }: { days: number; rows: number }) {
  expect(work.readWhole.filter((name) => !SMALL.has(name) && !isWholeMonth(name, days))).toEqual([])
  expect(weeksOf(work)).toBeLessThanOrEqual(mostWeeks(days))
  expect(monthsOf(work)).toBeLessThanOrEqual(mostMonths(days))
  expect(work.rows).toBeLessThanOrEqual(rows)
}

interface PageOf {
  data: unknown[]
  nextCursor: string | null
}
type Read = (cursor?: string) => Promise<PageOf>

const issues =
  (query: object): Read =>
  (cursor) =>
    listIssues(project, listIssuesQuery.parse({ ...query, cursor, limit: PAGE }), userId)
const ofOrg =
  (query: object): Read =>
  (cursor) =>
    listOrgIssues(organizationId, listOrgIssuesQuery.parse({ ...query, cursor, limit: PAGE }), userId)
const events =
  (query: object): Read =>
  (cursor) =>
    projectEvents(project, listEventsQuery.parse({ ...query, cursor, limit: PAGE }))
const ofLoud =
  (query: object): Read =>
  (cursor) =>
    issueEvents(project, LOUD, listEventsQuery.parse({ ...query, cursor, limit: PAGE }))

async function workOf(ask: () => Promise<unknown>): Promise<Work> {
  takeWork()
  await ask()
  return takeWork()
}

describe('lists', () => {
  it.each<[string, Read, { days: number; rows: number }]>([
    ['issues', issues({ since: '60d' }), { days: 60, rows: 500 }],
    ['issues by first seen', issues({ since: '60d', sort: 'firstSeen' }), { days: 60, rows: 500 }],
    ['issues by events', issues({ since: '60d', sort: 'events' }), { days: 60, rows: 500 }],
    ['issues by users', issues({ since: '60d', sort: 'users' }), { days: 60, rows: 500 }],
    [
      'issues of an environment',
      issues({ since: '60d', environment: 'production' }),
      { days: 60, rows: 4_000 },
    ],
    ['issues of all projects', ofOrg({ since: '60d' }), { days: 60, rows: 500 }],
    ['issues of all projects by events', ofOrg({ since: '60d', sort: 'events' }), { days: 60, rows: 500 }],
    ['events', events({ since: '60d' }), { days: 60, rows: 300 }],
    ['events of a level', events({ since: '60d', level: 'error' }), { days: 60, rows: 500 }],
    ['events of an issue', ofLoud({}), { days: 60, rows: 300 }],
    ['events with a common word', events({ since: '60d', query: 'event' }), { days: 60, rows: 11_000 }],
  ])('SEARCH-05: %s cost on page 100 what they cost on page 1', async (_, read, bounds) => {
    let cursor: string | undefined
    const first = await workOf(async () => (cursor = (await read()).nextCursor ?? undefined))
    expectBounded(first, bounds)
    for (let number = 2; number < DEEP_PAGE; number++) cursor = (await read(cursor)).nextCursor!
    const deep = await workOf(async () => expect((await read(cursor)).data).toHaveLength(PAGE))
    expectBounded(deep, bounds)
    expect(deep.rows).toBeLessThanOrEqual(1.3 * first.rows + 3 * PAGE)
  })

  it.each<[string, Read, { days: number; rows: number }]>([
    ['issues of today', issues({}), { days: 1, rows: 1_500 }],
    ['resolved issues', issues({ status: 'resolved' }), { days: 1, rows: 600 }],
    ['issues of a rare environment', issues({ environment: 'development' }), { days: 1, rows: 3_000 }],
    ['issues with a rare word', issues({ since: '60d', query: 'w77' }), { days: 60, rows: 500 }],
    [
      'issues with a word that is nowhere',
      issues({ since: '60d', query: 'nowhere' }),
      { days: 60, rows: 50 },
    ],
    ['issues with a tag', issues({ since: '30d', query: 'browser:Firefox' }), { days: 30, rows: 30_000 }],
    [
      'issues with a rare tag',
      issues({ since: '30d', query: 'browser:Netscape' }),
      { days: 30, rows: 6_000 },
    ],
    ['issues of a user', issues({ since: '30d', query: 'user.id:77' }), { days: 30, rows: 6_000 }],
    [
      'issues of all projects with a rare tag',
      ofOrg({ since: '30d', query: 'browser:Netscape' }),
      { days: 30, rows: 6_000 },
    ],
    ['regressed issues', issues({ since: '60d', query: 'is:regressed' }), { days: 60, rows: 5_000 }],
    ['events of today', events({}), { days: 1, rows: 300 }],
    [
      'events of a rare environment',
      events({ since: '60d', environment: 'development' }),
      { days: 60, rows: 1_500 },
    ],
    // Walks: as much as fits into their time, which is at least a step and at most everything.
    ['events with a rare word', events({ since: '14d', query: 'seldom7' }), { days: 14, rows: 20_000 }],
    [
      'events with a word that is nowhere',
      events({ since: '14d', query: 'nowhere' }),
      { days: 14, rows: 20_000 },
    ],
    ['events with a wildcard', events({ since: '14d', query: 'release:never*' }), { days: 14, rows: 20_000 }],
    ['events of a user', events({ since: '14d', query: 'user.id:77' }), { days: 14, rows: 20_000 }],
    ['events of an issue with a tag', ofLoud({ query: 'browser:Firefox' }), { days: 60, rows: 10_000 }],
  ])('SEARCH-03: %s are found with a bounded look', async (_, read, bounds) => {
    expectBounded(await workOf(() => read()), bounds)
  })
})

describe('numbers above lists', () => {
  it('DASH-03: issues seen in a rare environment are counted from its hours, and are as many as there are', async () => {
    const since = ago(50 * DAY_MS)
    const filter = {
      ...{
        projectId: project.id,
        status: 'unresolved' as const,
        environment: 'development',
        since,
        until: null,
      },
      ...{ level: null, text: null, assignee: null },
    }
    const { rows: listed } = await database.write.query<{ n: number }>(
      `select count(*) as n from issue where project_id = $1 and status = 'unresolved' and last_seen >= $2`,
      [project.id, since],
    )
    // So many that the first of them do not settle it.
    expect(listed[0]!.n).toBeGreaterThan(1_200)
    for (const newSince of [null, ago(30 * DAY_MS)]) {
      const { rows } = await database.write.query<{ n: number }>(
        `select count(*) as n from issue i
         where i.project_id = $1 and i.status = 'unresolved' and i.last_seen >= $2
           and ($3::timestamptz is null or i.substatus = 'new' and i.first_seen >= $3)
           and i.issue_id in (
             select g.issue_id from event_group g join rollup_group_hour r using (project_id, group_id)
             where g.project_id = $1 and r.environment = 'development' and r.bucket >= date_trunc('hour', $2::timestamptz))`,
        [project.id, since, newSince],
      )
      expect(await countInEnvironment(database.read, filter, newSince, 1_000)).toBe(rows[0]!.n)
      if (!newSince) expect(rows[0]!.n).toBeGreaterThan(100)
    }
  })

  const tabs = (query: object) => () => countIssues(project.id, issueFilter.parse(query), userId)
  const histogram = (query: object) => () => eventHistogram(project.id, eventHistogramQuery.parse(query))
  it.each<[string, () => Promise<unknown>, { days: number; rows: number }]>([
    // Six tabs, each counted to a thousand.
    ['tabs', tabs({}), { days: 1, rows: 7_000 }],
    ['tabs of two months', tabs({ since: '60d' }), { days: 60, rows: 7_000 }],
    ['tabs of a rare word', tabs({ since: '60d', query: 'w77' }), { days: 60, rows: 100 }],
    [
      'tabs of all projects',
      () => countOrgIssues(organizationId, orgIssueFilter.parse({}), userId),
      { days: 1, rows: 7_000 },
    ],
    ['bars', histogram({ since: '14d' }), { days: 14, rows: 20_000 }],
    // Walks: a step at least, and what fits into their time.
    ['bars of a common word', histogram({ since: '14d', query: 'event' }), { days: 14, rows: 40_000 }],
    ['bars of a rare word', histogram({ since: '14d', query: 'seldom7' }), { days: 14, rows: 20_000 }],
    [
      'bars of a word that is nowhere',
      histogram({ since: '14d', query: 'nowhere' }),
      { days: 14, rows: 20_000 },
    ],
  ])('SEARCH-03: %s are counted with a bounded look', async (_, ask, bounds) => {
    expectBounded(await workOf(ask), bounds)
  })
})

describe('details', () => {
  it.each<[string, () => Promise<unknown>, { days: number; rows: number }]>([
    ['an issue', () => getIssue(project, LOUD), { days: 1, rows: 10 }],
    [
      'its timeline',
      () => issueTimeline(project, LOUD, statsQuery.parse({ since: '30d' })),
      { days: 38, rows: 45_000 },
    ],
    ['its tags', () => issueTags(project, LOUD), { days: 60, rows: 1_500 }],
    ['its history', () => issueActivity(project, LOUD, { limit: PAGE }), { days: 1, rows: 50 }],
    ['its groups', () => issueGroups(project, LOUD), { days: 1, rows: 50 }],
    ['its newest event', () => getIssueEvent(project, LOUD, 'latest'), { days: 60, rows: 1_500 }],
    ['its oldest event', () => getIssueEvent(project, LOUD, 'oldest'), { days: 60, rows: 1_500 }],
    ['an event', () => getEvent(project, event.id), { days: 97, rows: 2_500 }],
    ['an event of a day', () => getEvent(project, event.id, event.day), { days: 60, rows: 2_500 }],
  ])('%s is a bounded look', async (_, ask, bounds) => {
    expectBounded(await workOf(ask), bounds)
  })
})

describe('charts', () => {
  const at = (query: object) => statsQuery.parse(query)
  it.each<[string, () => Promise<unknown>, { days: number; rows: number }]>([
    ['volume', () => volume(project.id, at({})), { days: 2, rows: 3_000 }],
    ['volume of a fortnight', () => volume(project.id, at({ since: '14d' })), { days: 28, rows: 35_000 }],
    ['health', () => health(project.id, at({})), { days: 2, rows: 12_000 }],
    [
      'health of an environment',
      () => health(project.id, at({ environment: 'development' })),
      { days: 2, rows: 20_000 },
    ],
    ['top issues', () => topIssues(project, topIssuesQuery.parse({})), { days: 2, rows: 8_000 }],
    [
      'environments',
      () => breakdown(project.id, breakdownQuery.parse({ kind: 'environment' })),
      { days: 1, rows: 2_000 },
    ],
    [
      'releases',
      () => breakdown(project.id, breakdownQuery.parse({ kind: 'release' })),
      { days: 1, rows: 2_000 },
    ],
    ['tags', () => tagStats(project.id, tagStatsQuery.parse({})), { days: 1, rows: 12_000 }],
    ['outcomes', () => outcomes(project.id, at({})), { days: 1, rows: 2_000 }],
    [
      'projects side by side',
      () => orgOverview(organizationId, orgOverviewQuery.parse({})),
      { days: 2, rows: 8_000 },
    ],
  ])('%s is read from counts and bounded looks', async (_, ask, bounds) => {
    expectBounded(await workOf(ask), bounds)
  })

  it.each<[string, () => Promise<unknown>]>([
    ['keys', () => searchKeys(project.id, 'events')],
    [
      'releases',
      () => searchValues({ id: project.id, organizationId }, { key: 'release', prefix: 'web', tag: false }),
    ],
    [
      'values of a tag',
      () => searchValues({ id: project.id, organizationId }, { key: 'browser', prefix: 'c', tag: true }),
    ],
  ])('suggesting %s is a bounded look', async (_, ask) => {
    expectBounded(await workOf(ask), { days: 7, rows: 1_500 })
  })
})

describe('weeks of which nothing is known yet', () => {
  const UNKNOWN = 20_000
  let fresh: TestDatabase
  let unknown: Database
  let loud: StoredProject
  let work: () => Work

  beforeAll(async () => {
    fresh = await createTestDatabase()
    unknown = openDatabase(fresh.url)
    const { write } = unknown
    await storePartitions(write)
    const { rows: weeks } = await write.query<{ name: string }>(
      `select inhrelid::regclass::text as name from pg_inherits where inhparent = 'event'::regclass`,
    )
    for (const { name } of weeks) await write.query(`alter table ${name} set (autovacuum_enabled = off)`)
    loud = await storeProject(write)
    await write.query(
      `insert into issue (project_id, issue_id, title, type, level, platform, status, substatus, first_seen, last_seen,
                          event_count, user_count, search)
       select $1, i, 'Issue ' || i, 'Error', 3, 'node', 'unresolved', 'new', now() - interval '9 days', now(), 1, 0, ''
       from generate_series(1, 2) i`,
      [loud.id],
    )
    await write.query(
      `insert into event_group (project_id, group_id, version, hash, issue_id, why)
       select project_id, issue_id, 1, decode(md5(issue_id::text), 'hex'), issue_id, '{}' from issue`,
    )
    await write.query(
      `insert into event (project_id, event_id, expires_on, group_id, received_at, occurred_at, level, platform,
                          environment, title, search, payload, payload_bytes)
       select $1, md5(i::text)::uuid, d + (8 - extract(isodow from d)::int) % 7, 1 + i % 2, r, r, 3, 'node', 'production',
              'Event', '''event'''::tsvector, $3::bytea, 1
       from (select i, r, (r at time zone 'UTC')::date + 90 as d
             from (select i, now() - i * interval '9 days' / $2::int as r from generate_series(1, $2::int) i) t) t`,
      [loud.id, UNKNOWN, zstdCompressSync(JSON.stringify(normalEvent('0'.repeat(32), ago(0), 'Event')))],
    )
    const recording = recorder(unknown.read)
    work = recording.takeWork
    setDatabase({ ...unknown, read: recording.pool })
  }, 60_000)
  afterAll(async () => {
    setDatabase(database)
    await unknown.close()
    await fresh.drop()
  })

  it.each(['latest', 'oldest', 'middle'])(
    'DETAIL-06: the %s event and its place are found with a bounded look',
    async (which) => {
      const { rows } = await unknown.write.query<{ id: string }>(
        `select replace(event_id::text, '-', '') as id from event where group_id = 1
         order by received_at offset ${UNKNOWN / 4} limit 1`,
      )
      work()
      const { previousId, nextId } = await getIssueEvent(loud, '1', which === 'middle' ? rows[0]!.id : which)
      const { rows: looked, relations } = work()
      expect([previousId === null, nextId === null]).toEqual([which === 'oldest', which === 'latest'])
      expect(relations.some((name) => /^event_\d{8}$/.test(name))).toBe(true)
      // A thousand to either side are counted; the rest is a step along an index of each week.
      expect(looked).toBeLessThanOrEqual(2_500)
    },
  )
})
