// The issues of all projects of an organisation as one list, and the counts on its tabs, against the lists of the
// projects themselves.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { countIssues, countOrgIssues } from '#server/domain/issues/count-issues.ts'
import { conditionsOf } from '#server/domain/issues/issue-filter.ts'
import { listIssues } from '#server/domain/issues/list-issues.ts'
import { listOrgIssues } from '#server/domain/issues/list-org-issues.ts'
import { openDatabase, setDatabase, type Database } from '#server/storage/database.ts'
import { countIssueTabs } from '#server/storage/issues/count-issue-tabs.ts'
import { listOrgIssues as listOrgIssueRecords, orgPlaceId } from '#server/storage/issues/list-org-issues.ts'
import { stateOfTab } from '#shared/query/issue-state.ts'
import { EXACT_COUNT, ISSUE_SORTS, ISSUE_TABS } from '#shared/constants/issue.ts'
import {
  issueCounts,
  listIssuesQuery,
  listOrgIssuesQuery,
  orgIssueFilter,
  orgIssueRow,
  type IssueSort,
  type IssueTab,
  type OrgIssueRow,
} from '#shared/schemas/issue.ts'
import { pageOf } from '#shared/schemas/list.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { explainer } from '../../support/plan.ts'
import {
  ago,
  HOUR_MS,
  MINUTE_MS,
  storeEvent,
  storeGroupHour,
  storeIssue,
  storePartitions,
  type StoredProject,
} from '../../support/stored.ts'

let test: TestDatabase
let database: Database
let orgId: number
let projects: StoredProject[]
let orgs = 0

beforeAll(async () => {
  process.env.MESHER_SECRET ??= 'a-secret-for-tests-only-0123456789abcdef'
  test = await createTestDatabase()
  database = openDatabase(test.url)
  setDatabase(database)
  await storePartitions(database.write)
})
afterAll(async () => {
  setDatabase(undefined)
  await database.close()
  await test.drop()
})

const query = async <Row>(text: string, ...values: unknown[]) =>
  (await database.write.query<Row & object>(text, values)).rows as Row[]

async function storeOrg(projectSlugs: string[]): Promise<{ id: number; projects: StoredProject[] }> {
  const [org] = await query<{ id: number }>(
    `insert into organization (slug, name) values ($1, $1) returning id`,
    `acme-${orgs++}`,
  )
  const stored: StoredProject[] = []
  for (const slug of projectSlugs) {
    const [row] = await query<{ id: number }>(
      `insert into project (organization_id, slug, name, platform) values ($1, $2, 'The ' || $2, 'node') returning id`,
      org!.id,
      slug,
    )
    stored.push({ id: row!.id, slug })
  }
  return { id: org!.id, projects: stored }
}
beforeEach(async () => {
  // A stranger's, with projects and issues of its own.
  const theirs = await storeOrg(['api'])
  await storeIssue(database.write, theirs.projects[0]!.id, { eventCount: 7 })
  const ours = await storeOrg(['web', 'api', 'worker'])
  orgId = ours.id
  projects = ours.projects
})

const list = async (words: Record<string, unknown> = {}, actor = 'nobody') => {
  const page = await listOrgIssues(orgId, listOrgIssuesQuery.parse(words), actor)
  expect(() => pageOf(orgIssueRow).parse(page)).not.toThrow()
  return page
}
const keyOf = ({ project, id }: OrgIssueRow) => `${project.slug}/${id}`
/** Every page from the start, calling back between two. */
async function readAll(words: Record<string, unknown>, between: () => Promise<unknown> = async () => {}) {
  const seen: string[] = []
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = await list({ ...words, ...(cursor ? { cursor } : {}) })
    seen.push(...page.data.map(keyOf))
    cursor = page.nextCursor
    await between()
  }
  return seen
}
/** The lists of the projects, whole. */
async function union(words: Record<string, unknown> = {}) {
  const all: string[] = []
  for (const project of projects) {
    let cursor: string | undefined
    do {
      const page = await listIssues(
        project,
        listIssuesQuery.parse({ ...words, limit: 100, cursor }),
        'nobody',
      )
      all.push(...page.data.map(({ id }) => `${project.slug}/${id}`))
      cursor = page.nextCursor ?? undefined
    } while (cursor)
  }
  return all
}

/** Issues of all projects, in turn, with values of which many are the same. */
async function storeMany(n: number) {
  const ids: { project: StoredProject; id: string }[] = []
  const minute = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS
  for (let i = 0; i < n; i++) {
    const project = projects[(i * 7) % 3]!
    const lastSeen = new Date(minute - (i % 4) * MINUTE_MS)
    const fields = {
      lastSeen,
      firstSeen: lastSeen,
      eventCount: i % 3,
      userCount: i % 2,
      title: `Issue w${i % 5}`,
    }
    ids.push({ project, id: (await storeIssue(database.write, project.id, fields)).id })
  }
  return ids
}

describe('issues of all projects', () => {
  it.each(ISSUE_SORTS)(
    'LIST-01 SEARCH-05: by %s every row once, ties across projects included, the same backwards',
    async (sort) => {
      await storeMany(40)
      const down = await readAll({ sort, limit: 3 })
      expect(down).toHaveLength(40)
      expect(new Set(down)).toEqual(new Set(await union({ sort })))
      expect(down).toEqual((await list({ sort, limit: 100 })).data.map(keyOf))
      const values = (await list({ sort, limit: 100 })).data.map((row) => valueOf(row, sort))
      expect(values).toEqual(values.toSorted((a, b) => (a < b ? 1 : a > b ? -1 : 0)))

      let page = await list({ sort, limit: 3 })
      while (page.nextCursor) page = await list({ sort, limit: 3, cursor: page.nextCursor })
      const up = page.data.map(keyOf)
      while (page.previousCursor) {
        page = await list({ sort, limit: 3, cursor: page.previousCursor })
        up.unshift(...page.data.map(keyOf))
      }
      expect(up).toEqual(down)
    },
  )
  const valueOf = (row: OrgIssueRow, sort: IssueSort) =>
    ({ lastSeen: row.lastSeen, firstSeen: row.firstSeen, events: row.eventCount, users: row.userCount })[sort]

  it('LIST-01 SEARCH-05: while issues come and change, none that stays is read twice or left out', async () => {
    const stored = await storeMany(60)
    const before = await readAll({ sort: 'events', limit: 100 })
    // Every seventh gets louder while somebody reads; new ones come into every project.
    const moving = stored.filter((_, i) => i % 7 === 0)
    let turn = 0
    const seen = await readAll({ sort: 'events', limit: 4 }, async () => {
      const { project, id } = moving[turn++ % moving.length]!
      await query(
        `update issue set event_count = event_count + 100 where project_id = $1 and issue_id = $2`,
        project.id,
        id,
      )
      await storeIssue(database.write, projects[turn % 3]!.id, { eventCount: turn % 3 })
    })
    expect(new Set(seen).size).toBe(seen.length)
    const moved = new Set(moving.map(({ project, id }) => `${project.slug}/${id}`))
    const stayed = before.filter((key) => !moved.has(key))
    expect(seen.filter((key) => stayed.includes(key))).toEqual(stayed)
  })

  it.each<[string, Record<string, string>]>([
    ['a state', { status: 'resolved' }],
    ['a substatus', { substatus: 'new' }],
    ['a level', { level: 'fatal' }],
    ['words', { query: 'w3' }],
    ['a term', { query: 'events:>1' }],
    ['somebody’s', { assignee: 'none' }],
    ['an environment', { environment: 'staging' }],
    ['an environment in the search', { query: 'environment:staging' }],
    ['a tag', { query: 'browser:Chrome' }],
    ['a rare word and a tag', { query: 'browser:Chrome w1' }],
  ])('LIST-01: filtered by %s it is the union of the projects’ lists', async (_, words) => {
    for (const [i, { project, id }] of (await storeMany(30)).entries()) {
      const [group] = await query<{ group_id: number }>(
        `select group_id from event_group where project_id = $1 and issue_id = $2`,
        project.id,
        id,
      )
      await query(
        `update issue set level = case when $3::int % 4 = 0 then 4 else 3 end,
           status = case when $3::int % 5 = 0 then 'resolved' else status end,
           resolved_at = case when $3::int % 5 = 0 then now() end
         where project_id = $1 and issue_id = $2`,
        project.id,
        id,
        i,
      )
      const environment = i % 3 ? 'production' : 'staging'
      const at = ago(MINUTE_MS)
      await storeGroupHour(database.write, {
        projectId: project.id,
        groupId: group!.group_id,
        at,
        n: 1,
        environment,
      })
      await storeEvent(database.write, project.id, group!.group_id, {
        environment,
        tags: { browser: i % 2 ? 'Chrome' : 'Firefox' },
      })
    }
    const expected = await union(words)
    expect(expected.length).toBeGreaterThan(0)
    const found = await readAll({ ...words, limit: 4 })
    expect(found).toHaveLength(expected.length)
    expect(new Set(found)).toEqual(new Set(expected))
  })

  it('LIST-01: some projects by id or slug; another organisation’s is none, one being removed is gone', async () => {
    await storeMany(12)
    const [web, api, worker] = projects as [StoredProject, StoredProject, StoredProject]
    const of = async (project: unknown) =>
      new Set((await list({ project })).data.map((row) => row.project.slug))
    expect(await of(`web,${api.id}`)).toEqual(new Set(['web', 'api']))
    expect(await of(['worker'])).toEqual(new Set(['worker']))
    const [stranger] = await query<{ id: number }>(
      `select id from project where organization_id <> $1 and slug = 'api' order by id desc limit 1`,
      orgId,
    )
    await expect(of(String(stranger!.id))).rejects.toMatchObject({ code: 'not_found' })
    await expect(of('nowhere')).rejects.toMatchObject({ code: 'not_found' })
    const page = await list({ limit: 2 })
    await expect(list({ limit: 2, cursor: page.nextCursor, project: 'web' })).rejects.toMatchObject({
      code: 'invalid_cursor',
    })
    await query(`update project set deleting_at = now() where id = $1`, worker.id)
    expect(new Set((await list()).data.map(({ projectId }) => projectId))).toEqual(
      new Set([String(web.id), String(api.id)]),
    )
  })

  it('LIST-01: a search about events says how far back it looked, in the project that has most', async () => {
    const { groupId } = await storeIssue(database.write, projects[0]!.id)
    await query(
      `insert into event (project_id, event_id, expires_on, group_id, received_at, occurred_at, level, platform,
                          environment, title, search, payload, payload_bytes, tags)
       select $1, md5(i::text)::uuid, d + (8 - extract(isodow from d)::int) % 7, $2, r, r, 3, 'node', 'production',
              'Event', '', '', 1, '{"browser": "Chrome"}'
       from (select i, r, (r at time zone 'UTC')::date + 90 as d
             from (select i, now() - i * interval '1 second' as r from generate_series(1, 8000) i) t) t`,
      projects[0]!.id,
      groupId,
    )
    const page = await list({ query: 'browser:*rome', since: '24h' })
    expect(page.data).toHaveLength(1)
    // A third of what is looked through in one project: 1,334 events, one a second.
    const minutes = (Date.now() - Date.parse(page.searchedBackTo!)) / 60_000
    expect(minutes).toBeGreaterThan(21)
    expect(minutes).toBeLessThan(25)
  })
})

describe('counts of tabs', () => {
  const wordsOf = (tab: IssueTab): Record<string, string | undefined> => ({ ...stateOfTab(tab) })

  async function storeStates() {
    for (let i = 0; i < 48; i++) {
      const status = (['unresolved', 'unresolved', 'unresolved', 'resolved', 'archived'] as const)[i % 5]!
      const { id } = await storeIssue(database.write, projects[i % 3]!.id, {
        status,
        title: `Issue w${i % 4}`,
        lastSeen: ago((i % 30) * HOUR_MS),
      })
      if (status !== 'unresolved') continue
      await query(
        `update issue set substatus = $2 where issue_id = $1`,
        id,
        ['new', 'ongoing', 'regressed', 'escalating'][Math.floor(i / 5) % 4],
      )
    }
  }

  it.each<Record<string, string>>([
    {},
    { query: 'w1' },
    { since: '7d' },
    { query: 'is:new w2' },
    { level: 'error' },
  ])('LIST-02: equal the lists the tabs lead to: %j', async (words) => {
    await storeStates()
    const counts = issueCounts.parse(await countOrgIssues(orgId, orgIssueFilter.parse(words), 'nobody'))
    const perProject = []
    for (const { id } of projects)
      perProject.push(await countIssues(id, listIssuesQuery.parse(words), 'nobody'))
    for (const tab of ISSUE_TABS) {
      const query = words.query?.replace(/is:\w+ ?/, '')
      const rows = await union({ ...words, query, ...wordsOf(tab) })
      expect(counts[tab], tab).toBe(rows.length)
      expect(
        perProject.reduce((sum, one) => sum + one[tab], 0),
        tab,
      ).toBe(rows.length)
    }
    expect(Object.values(counts).some((n) => typeof n === 'number' && n > 2)).toBe(true)
  })

  it('LIST-02: what is typed goes before the tab, and both say the same', async () => {
    await storeStates()
    const typed = await union({ query: 'is:regressed', status: 'resolved', substatus: 'new' })
    expect(typed.length).toBeGreaterThan(0)
    expect(typed).toEqual(await union({ substatus: 'regressed' }))
    expect(await union({ query: 'is:archived', substatus: 'new' })).toEqual(
      await union({ status: 'archived' }),
    )
    const all = await union()
    expect(new Set([...(await union({ query: '!is:new' })), ...(await union({ substatus: 'new' }))])).toEqual(
      new Set(all),
    )
  })

  it.each([999, 1_000, 1_001, 1_500])('LIST-02: of %i are exact to 1,000', async (n) => {
    const ids = projects.map(({ id }) => id)
    await query(
      `insert into issue (project_id, title, level, platform, status, substatus, first_seen, last_seen, event_count, search)
       select $1::int[][i % 3 + 1], 'Issue', 3, 'node', 'unresolved', 'regressed', now(), now(), 1, ''
       from generate_series(1, $2::int) i`.replace('$1::int[]', '($1::int[])'),
      ids,
      n,
    )
    const counts = await countOrgIssues(orgId, orgIssueFilter.parse({}), 'nobody')
    const told = Math.min(n, EXACT_COUNT + 1)
    expect(counts).toMatchObject({ unresolved: told, regressed: told, new: 0, resolved: 0, archived: 0 })
  })

  it('LIST-01 LIST-02 SEARCH-03: list and counts enter each project by its index, and read no table whole', async () => {
    const many = await storeOrg(Array.from({ length: 200 }, (_, i) => `p${i}`))
    const ids = many.projects.map(({ id }) => id)
    await query(
      `insert into issue (project_id, title, level, platform, status, substatus, first_seen, last_seen, event_count, search)
       select p, 'Issue', 3, 'node', 'unresolved', case when i % 50 = 0 then 'regressed' else 'ongoing' end,
              now() - i * interval '1 minute', now() - i * interval '1 minute', i % 5, ''
       from unnest($1::int[]) p, generate_series(1, 300) i`,
      ids,
    )
    await query('analyze issue')
    const db = explainer(database.read)
    const { conditions } = conditionsOf(listIssuesQuery.parse({}), 'nobody', new Date())
    const indexes = {
      lastSeen: 'issue_last_seen_idx',
      firstSeen: 'issue_first_seen_idx',
      events: 'issue_event_count_idx',
      users: 'issue_user_count_idx',
    }
    for (const sort of ISSUE_SORTS) {
      const value = sort === 'events' || sort === 'users' ? 3 : new Date().toISOString()
      for (const upwards of [false, true]) {
        const from = { value, id: orgPlaceId(ids[100]!, '1000000') }
        const rows = await listOrgIssueRecords(db, ids, conditions, sort, { from, upwards, limit: 26 })
        if (!upwards && sort !== 'users') expect(rows).toHaveLength(26)
        expect(db.plan().nodeTypes, sort).not.toContain('Seq Scan')
        expect(db.plan().indexes, sort).toContain(indexes[sort])
      }
    }
    const filters = Object.fromEntries(
      ISSUE_TABS.map((tab) => [
        tab,
        conditionsOf(listIssuesQuery.parse(stateOfTab(tab)), 'nobody', new Date()).conditions,
      ]),
    ) as Parameters<typeof countIssueTabs>[2]
    await countIssueTabs(db, ids, filters, EXACT_COUNT)
    expect(db.plan().nodeTypes).not.toContain('Seq Scan')
    expect(db.plan().indexes).toContain('issue_notable_idx')
  })
})
