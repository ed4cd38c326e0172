// How PostgreSQL answers the questions people wait for, on a table of more than twenty weeks: which index, which weeks,
// and nothing read whole. Names of plan nodes, never time.
import type { QueryConfig, QueryResultRow } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bucketsOf } from '#server/domain/dashboard/buckets.ts'
import { expiriesOf } from '#server/domain/retention/expiry.ts'
import { eventSearch } from '#server/domain/search/event-search.ts'
import { readQuery } from '#server/domain/search/read-query.ts'
import { toTsqueryText } from '#server/domain/search/text-query.ts'
import { walkEvents } from '#server/domain/events/walk-events.ts'
import { listTopIssues } from '#server/storage/dashboard/list-top-issues.ts'
import { countVolume } from '#server/storage/dashboard/count-volume.ts'
import { foldEvents } from '#server/storage/deltas/fold-events.ts'
import { foldOutcomes } from '#server/storage/deltas/fold-outcomes.ts'
import { openDatabase, type Database, type Db } from '#server/storage/database.ts'
import { findEdgeEvent } from '#server/storage/events/find-edge-event.ts'
import { findGroupsAmongNewest, findGroupsByWords } from '#server/storage/events/find-groups-with.ts'
import { findEvent } from '#server/storage/events/find-event.ts'
import { findNeighbours } from '#server/storage/events/find-neighbours.ts'
import { listEvents, listIssueEvents } from '#server/storage/events/list-events.ts'
import { countEscalationHours } from '#server/storage/issues/count-escalation-hours.ts'
import { countIssueHours } from '#server/storage/issues/count-issue-hours.ts'
import { countTimeline } from '#server/storage/issues/count-timeline.ts'
import { countUnfolded } from '#server/storage/issues/count-unfolded.ts'
import { deleteSomeEvents } from '#server/storage/erasing/delete-some.ts'
import { listLargestIssues, listStoredDays } from '#server/storage/storage-books/list-stored.ts'
import { findIssue } from '#server/storage/issues/find-issue.ts'
import { listActivity } from '#server/storage/issues/list-activity.ts'
import { listIssues, type IssueFilter } from '#server/storage/issues/list-issues.ts'
import { lockIssues } from '#server/storage/issues/lock-issues.ts'
import { lockMatchingIssues } from '#server/storage/issues/lock-matching-issues.ts'
import { listPartitions } from '#server/storage/partitions/partitions.ts'
import type { Keyset } from '#server/storage/keyset.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { explainer, type Plan } from '../../support/plan.ts'
import { ago, DAY_MS, storePartitions, storeProject, type StoredProject } from '../../support/stored.ts'

const ISSUES = 4_000
const EVENTS = 40_000

let test: TestDatabase
let database: Database
let project: StoredProject
let db: ReturnType<typeof explainer>

beforeAll(async () => {
  test = await createTestDatabase()
  database = openDatabase(test.url)
  const { write } = database
  await storePartitions(write)
  project = await storeProject(write)
  const other = await storeProject(write)
  // Searching is done by the readers: the line's own connections are made for probes.
  db = explainer(database.read)
  // Every tenth issue and its events belong to somebody else. Values are spread by arithmetic, the same in every run.
  await write.query(
    `insert into issue (project_id, issue_id, title, level, platform, status, first_seen, last_seen, event_count,
                        user_count, search)
     select case when i % 10 = 0 then $2::int else $1::int end, i, 'Issue ' || i, i % 5, 'node', 'unresolved',
            now() - interval '80 days', now() - i % 80 * interval '1 day', i % 100, i % 50,
            ('''issue'' ''w' || i || '''')::tsvector
     from generate_series(1, $3::int) i`,
    [project.id, other.id, ISSUES],
  )
  await write.query(
    `insert into event_group (project_id, group_id, version, hash, issue_id, why)
     select project_id, issue_id, 1, decode(md5(issue_id::text), 'hex'), issue_id, '{}' from issue`,
  )
  await write.query(
    `insert into event (project_id, event_id, expires_on, group_id, received_at, occurred_at, level, platform,
                        environment, title, search, payload, payload_bytes)
     select case when g % 10 = 0 then $2::int else $1::int end, md5(i::text)::uuid,
            d + (8 - extract(isodow from d)::int) % 7, g, r, r, i % 5, 'node', 'production', 'Event ' || i,
            ('''event'' ''w' || i || '''')::tsvector, '', 1
     from (
       select i, i % $3::int + 1 as g, r, (r at time zone 'UTC')::date + (case when i % 3 = 0 then 60 else 90 end) as d
       from (select i, now() - i * interval '55 days' / $4::int as r from generate_series(1, $4::int) i) t
     ) t`,
    [project.id, other.id, ISSUES, EVENTS],
  )
  // By today's weekday the weeks at the ends hold a day's events or none, and a table of a page is read whole or by any
  // index, as it should be: every week gets enough to be worth the right one.
  await write.query(
    `insert into event (project_id, event_id, expires_on, group_id, received_at, occurred_at, level, platform,
                        environment, title, search, payload, payload_bytes)
     select case when g % 10 = 0 then $2::int else $1::int end, md5(week || ' ' || g)::uuid, week, g, r, r, g % 5, 'node',
            'production', 'Event', '''event'''::tsvector, '', 1
     from unnest($3::date[]) week,
          lateral (select g, now() - g * interval '1 minute' as r from generate_series(1, 1000) g) t`,
    [project.id, other.id, everything()],
  )
  await write.query(
    `insert into rollup_group_hour (project_id, group_id, bucket, environment, n)
     select project_id, group_id, date_trunc('hour', received_at, 'UTC'), environment, count(*) from event group by 1, 2, 3, 4`,
  )
  await write.query(
    `insert into rollup_project_quarter (project_id, bucket, level, environment, n)
     select project_id, date_bin('15 minutes', received_at, timestamptz '2000-01-01Z'), level, environment, count(*)
     from event group by 1, 2, 3, 4`,
  )
  await write.query(
    `insert into issue_activity (project_id, issue_id, kind) select project_id, issue_id, 'created' from issue`,
  )
  await write.query('analyze')
}, 120_000)
afterAll(async () => {
  await database.close()
  await test.drop()
})

const now = new Date()
const page: Keyset = { from: null, upwards: false, limit: 26 }
const deep = { value: ago(20 * DAY_MS).toISOString(), id: '1' }
const issues = (): IssueFilter => ({
  projectId: project.id,
  status: 'unresolved',
  level: null,
  environment: null,
  text: null,
  since: null,
  until: null,
  assignee: null,
})
const eventsSince = (days: number) => ({
  projectId: project.id,
  expiries: expiriesOf({ since: ago(days * DAY_MS), until: null }, now),
  since: ago(days * DAY_MS),
  until: null,
  level: null,
  environment: null,
})
const everything = () => eventsSince(100).expiries

/** Weeks of `event` that the plan touches. */
const weeks = (plan: Plan) => plan.relations.filter((name) => /^event_\d{8}$/.test(name))
/** But lists of people and of projects, which are a few rows, in tests as in life. */
const expectNoSequentialReads = (plan: Plan) =>
  expect(plan.readWhole.filter((name) => name !== 'user' && name !== 'project')).toEqual([])

describe('plans', () => {
  it('have more than twenty weeks to choose from', async () => {
    expect((await listPartitions(database.write, 'event')).size).toBeGreaterThanOrEqual(20)
  })

  it.each([
    ['lastSeen', 'issue_last_seen_idx', deep.value],
    ['firstSeen', 'issue_first_seen_idx', deep.value],
    ['events', 'issue_event_count_idx', 50],
    ['users', 'issue_user_count_idx', 25],
  ] as const)(
    'SEARCH-05: issues by %s are read in the order of %s, on any page, either way',
    async (sort, index, value) => {
      for (const keyset of [
        page,
        { ...page, from: { value, id: '9' } },
        { ...page, from: { value, id: '9' }, upwards: true },
      ]) {
        await listIssues(db, issues(), sort, keyset)
        expect(db.plan().indexes).toContain(index)
        expect(db.plan().nodeTypes).not.toContain('Sort')
        expect(db.plan().nodeTypes).not.toContain('Incremental Sort')
      }
    },
  )

  it('issues with a rare word are found by the index of words', async () => {
    await listIssues(db, { ...issues(), text: toTsqueryText('w77') }, 'lastSeen', page)
    expect(db.plan().indexes).toContain('issue_search_idx')
  })

  it('DASH-06: sparklines read the groups of the page and one month or two', async () => {
    const range = { from: ago(DAY_MS), to: now }
    await countIssueHours(db, project.id, ['1', '2', '3'], range, null)
    const { indexes, relations } = db.plan()
    expect(indexes).toContain('event_group_issue_idx')
    expect(relations.filter((name) => name.startsWith('rollup_group_hour')).length).toBeLessThanOrEqual(2)
    expectNoSequentialReads(db.plan())
  })

  it('SEARCH-05: events are read in order, from the weeks the range can have', async () => {
    for (const keyset of [page, { ...page, from: { value: deep.value, id: '5'.repeat(32) } }]) {
      await listEvents(db, eventsSince(30), keyset)
      expect(db.plan().nodeTypes).not.toContain('Sort')
      expectNoSequentialReads(db.plan())
    }
    await listEvents(db, eventsSince(1), page)
    expect(weeks(db.plan()).length).toBeLessThanOrEqual(6)
    expect(weeks(db.plan()).length).toBeGreaterThan(0)
    for (const index of db.plan().indexes.filter((name) => name.startsWith('event_2'))) {
      expect(index).toMatch(/project_id_received_at_event_id_idx$/)
    }
    expectNoSequentialReads(db.plan())
  })

  /** The plan of every step of a whole search. */
  async function plansOf(query: string, options: { budgetMs: number }): Promise<Plan[]> {
    const plans: Plan[] = []
    const each: Db = {
      async query<Row extends QueryResultRow>(text: string | QueryConfig, values?: unknown[]) {
        const answer = await db.query<Row>(text, values)
        plans.push(db.plan())
        return answer
      },
    }
    const search = eventSearch(readQuery(query, 'events'))!
    await walkEvents(each, { ...eventsSince(100), search, issueId: null }, page, options)
    return plans
  }
  const byWords = (plan: Plan) => plan.indexes.some((name) => name.endsWith('_search_idx'))
  const UNHURRIED = { budgetMs: 60_000 }

  it.each([
    ['a rare word', 'w39999'],
    ['a tag', 'browser:Rare'],
    ['a word that is nowhere', 'nowhere'],
    ['a tag that begins like one', 'browser:Ra*'],
    ['a key of a tag', 'has:nothing'],
  ])('SEARCH-03: events with %s are found by the index of words, a week at a time', async (_, query) => {
    const [nearest, ...weekly] = await plansOf(query, UNHURRIED)
    expect(byWords(nearest!)).toBe(false)
    // The weeks behind the last event are empty, and any index does.
    expect(weekly.filter(byWords).length).toBeGreaterThanOrEqual(5)
    for (const plan of weekly) {
      // A week of events lies in at most two weeks of each of three retentions.
      expect(weeks(plan).length).toBeLessThanOrEqual(6)
    }
    for (const plan of [nearest!, ...weekly]) expectNoSequentialReads(plan)
  })

  it.each([
    ['a common word', 'event'],
    ['a wildcard', 'release:never*'],
    ['what is not there', '!environment:production'],
    ['a common word that nothing else goes with', 'event platform:cobol'],
  ])('SEARCH-03: events with %s are read in order', async (_, query) => {
    const [nearest] = await plansOf(query, { budgetMs: 0 })
    expect(byWords(nearest!)).toBe(false)
    expectNoSequentialReads(nearest!)
    // The few thousand looked at and the page may be sorted, the table is not.
    expect(nearest!.indexes.some((name) => name.endsWith('_project_id_received_at_event_id_idx'))).toBe(true)
  })

  it('SEARCH-03: groups for a list of issues are found among the newest events, or by the index of words', async () => {
    const search = eventSearch(readQuery('browser:Rare', 'events'))!
    await findGroupsAmongNewest(db, eventsSince(100), search, { depth: 5_000 })
    expectNoSequentialReads(db.plan())
    expect(byWords(db.plan())).toBe(false)
    const rare = eventSearch(readQuery('browser:Rare', 'events'))!
    await findGroupsByWords(db, eventsSince(100), { ...rare, words: rare.words! }, 10_000)
    expect(byWords(db.plan())).toBe(true)
    expectNoSequentialReads(db.plan())
  })

  it('SEARCH-05: the events of an issue are read in the order of its groups', async () => {
    await listIssueEvents(db, '1', { ...eventsSince(100), since: null }, page)
    expect(db.plan().indexes).toContain('event_group_issue_idx')
    for (const index of db.plan().indexes.filter((name) => name.startsWith('event_2'))) {
      expect(index).toMatch(/project_id_group_id_received_at_event_id_idx$/)
    }
    expectNoSequentialReads(db.plan())
  })

  it('DETAIL-01: an event is one look into each week left, or into the few of its day', async () => {
    const { rows } = await database.write.query(
      'select event_id::text as id from event where project_id = $1 limit 1',
      [project.id],
    )
    await findEvent(db, project.id, rows[0].id, everything())
    expect(
      db
        .plan()
        .indexes.filter((name) => name.startsWith('event_2'))
        .every((name) => name.endsWith('_pkey')),
    ).toBe(true)
    expect(weeks(db.plan()).length).toBeLessThanOrEqual(15)
    expectNoSequentialReads(db.plan())
    await findEvent(db, project.id, rows[0].id, expiriesOf({ since: ago(DAY_MS), until: now }, now))
    expect(weeks(db.plan()).length).toBeLessThanOrEqual(6)
  })

  it('DETAIL-02: neighbours and ends are a step along the index', async () => {
    const place = {
      projectId: project.id,
      issueId: '1',
      eventId: '5'.repeat(32),
      receivedAt: ago(20 * DAY_MS),
    }
    await findNeighbours(db, place, everything(), 1_000)
    expectNoSequentialReads(db.plan())
    // One of the two that go on by time: the counts stop at their bound without sorting.
    for (const index of db.plan().indexes.filter((name) => name.startsWith('event_2')))
      expect(index).toMatch(/_project_id(_group_id)?_received_at_event_id_idx$/)
    expect(db.plan().nodeTypes).toContain('Limit')
    await findEdgeEvent(db, project.id, '1', 'oldest', everything())
    expectNoSequentialReads(db.plan())
  })

  it('DETAIL-01: one issue, its history and its timeline are looked up', async () => {
    await findIssue(db, project.id, '1')
    expect(db.plan().indexes).toContain('issue_pkey')
    await listActivity(db, project.id, '1', page)
    expect(db.plan().indexes).toContain('issue_activity_issue_idx')
    const month = bucketsOf({ since: ago(30 * DAY_MS), until: null, sliding: true }, { now, finest: '1h' })
    await countTimeline(db, project.id, '1', month, null)
    expect(db.plan().indexes).toContain('event_group_issue_idx')
    expectNoSequentialReads(db.plan())
  })

  it('DASH-01: charts read the months of their range', async () => {
    const day = bucketsOf({ since: ago(DAY_MS), until: null, sliding: true }, { now, finest: '15m' })
    await countVolume(db, project.id, day, null)
    expect(
      db.plan().relations.filter((name) => name.startsWith('rollup_project_quarter')).length,
    ).toBeLessThanOrEqual(2)
    await listTopIssues(db, project.id, day, null, 5)
    expect(
      db.plan().relations.filter((name) => name.startsWith('rollup_group_hour')).length,
    ).toBeLessThanOrEqual(2)
  })

  it('ISSUE-02: an hour and the week before it are read from the groups of the issues and one month or two', async () => {
    const asked = ['1', '2', '3'].map((issueId) => ({
      issueId,
      hour: ago(DAY_MS),
      archivedAt: ago(2 * DAY_MS),
    }))
    await countEscalationHours(db, project.id, asked, { hoursBefore: 168, onlyAbove: 10 })
    expect(db.plan().indexes).toContain('event_group_issue_idx')
    expect(
      db.plan().relations.filter((name) => name.startsWith('rollup_group_hour')).length,
    ).toBeLessThanOrEqual(2)
    expectNoSequentialReads(db.plan())
    await countUnfolded(db, project.id, ['1', '2', '3'])
    expect(db.plan().indexes).toContain('event_group_issue_idx')
    expect(db.plan().readAgain).toEqual([])
  })

  it('ISSUE-03: a step over what matches walks by id and stops when it is full', async () => {
    await lockMatchingIssues(db, issues(), { after: '100', upTo: String(ISSUES) }, 500)
    expect(db.plan().indexes).toContain('issue_pkey')
    expect(db.plan().nodeTypes).not.toContain('Sort')
    await lockMatchingIssues(
      db,
      { ...issues(), text: toTsqueryText('w77') },
      { after: '0', upTo: String(ISSUES) },
      500,
    )
    expect(db.plan().indexes).toContain('issue_search_idx')
    await lockIssues(db, project.id, ['1', '2', '3'])
    expect(db.plan().indexes).toContain('issue_pkey')
  })

  it('RETAIN-03: storage figures are read from the books, and nothing of the events', async () => {
    await database.write.query(
      `insert into stored_group (project_id, expires_on, group_id, events, bytes)
       select project_id, expires_on, group_id, count(*), count(*) * 100 from event group by 1, 2, 3`,
    )
    await database.write.query(
      `insert into stored_day (project_id, received_on, expires_on, events, bytes)
       select project_id, (received_at at time zone 'UTC')::date, expires_on, count(*), count(*) * 100 from event group by 1, 2, 3`,
    )
    await database.write.query('analyze stored_group, stored_day')
    const today = now.toISOString().slice(0, 10)
    const noEvents = () => expect(weeks(db.plan())).toEqual([])
    const days = await listStoredDays(db, { projectId: project.id, today, since: '1970-01-01' })
    noEvents()
    const sum = days.reduce((all, { events }) => all + events, 0)
    const largest = await listLargestIssues(db, { projectId: project.id, today, limit: 10 })
    noEvents()
    expect(largest).toHaveLength(10)
    expect(sum).toBeGreaterThan(largest.reduce((all, { events }) => all + events, 0))
  })

  it('RETAIN-02: surplus events of a project are found by its index of times, whatever else there is', async () => {
    const line = explainer(database.write)
    const week = everything()[3]!
    const partition = `event_${week.replaceAll('-', '')}`
    await deleteSomeEvents(line, {
      ...{ partition, limit: 10 },
      where: { project_id: project.id },
      before: now.toISOString().slice(0, 10),
    })
    expect(line.plan().indexes.join()).toMatch(/project_id_received_at_event_id_idx|received/)
    expect(line.plan().nodeTypes).not.toContain('Seq Scan')
  })

  it('fold thousands of deltas without reading one list for each row of another, whatever the planner believes', async () => {
    const line = explainer(database.write)
    for (const [analysed, archived] of [
      [project.id, false],
      [-1, false],
      [-1, true],
    ] as const) {
      // Whether or not they are compared with their limits next.
      if (archived) {
        await database.write.query(
          `update issue set status = 'archived', archive_until = 'escalating', archived_at = now() - interval '1 day'`,
        )
      }
      // As it is in life: analysed while there was nothing, or something of another project, to fold.
      await database.write.query('delete from event_delta; delete from outcome_delta')
      if (analysed < 0) {
        await database.write.query(
          `insert into event_delta (project_id, group_id, minute, level, environment, n, stored, bytes, new_users,
                                    first_seen, last_seen, expires_on)
           select $1::int, 1, now(), 4, 'production', 1, 1, 1, 0, now(), now(), current_date + 90 from generate_series(1, 500)`,
          [analysed],
        )
      }
      await database.write.query('analyze event_delta, outcome_delta')
      await database.write.query(
        `insert into event_delta (project_id, group_id, minute, level, environment, n, stored, bytes, new_users,
                                  first_seen, last_seen, expires_on)
         select project_id, group_id, now(), 4, 'production', 1, 1, 1, 1, now(), now(), current_date + 90
         from event_group where project_id = $1`,
        [project.id],
      )
      await database.write.query(
        `insert into outcome_delta (project_id, minute, outcome, n)
         select $1::int, date_trunc('minute', now()), 0, 1 from generate_series(1, 3000)`,
        [project.id],
      )
      const { events, checks } = await foldEvents(line, project.id, 0, 20_000)
      expect(checks).toBe(archived ? ISSUES * 0.9 : 0)
      expect(events).toBe(ISSUES * 0.9)
      expect(line.plan().readAgain).toEqual([])
      expect((await foldOutcomes(line, project.id, 0, 20_000)).rows).toBe(3_000)
      expect(line.plan().readAgain).toEqual([])
    }
  })
})
