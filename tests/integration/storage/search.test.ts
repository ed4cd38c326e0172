// What a search finds, compared with a filter in plain JavaScript over the same rows: every operator alone, negated and
// in company. And how it is found: in walks that stop and go on, while rows arrive, whatever hostile thing is typed.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { projectEvents } from '#server/domain/events/list-events.ts'
import { walkEvents } from '#server/domain/events/walk-events.ts'
import { listIssues } from '#server/domain/issues/list-issues.ts'
import { filterOf } from '#server/domain/issues/issue-filter.ts'
import type { SearchBounds } from '#server/domain/issues/groups-with.ts'
import { expiriesOf } from '#server/domain/retention/expiry.ts'
import { eventSearch } from '#server/domain/search/event-search.ts'
import { readQuery } from '#server/domain/search/read-query.ts'
import { searchKeys, searchValues } from '#server/domain/search/suggest.ts'
import { openDatabase, setDatabase, type Database } from '#server/storage/database.ts'
import type { EventRecord } from '#server/storage/events/event-row.ts'
import { listIssues as listRecords } from '#server/storage/issues/list-issues.ts'
import type { Keyset, Place } from '#server/storage/keyset.ts'
import { LEVELS } from '#shared/constants/levels.ts'
import { listEventsQuery } from '#shared/schemas/event-view.ts'
import { issueFilter, listIssuesQuery } from '#shared/schemas/issue.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { randomFrom } from '../../support/random.ts'
import {
  ago,
  DAY_MS,
  HOUR_MS,
  MINUTE_MS,
  storeEvent,
  storeIssue,
  storePartitions,
  storeProject,
  storeUser,
  type StoredProject,
} from '../../support/stored.ts'

interface Issue {
  id: string
  groupId: number
  title: string
  level: number
  status: 'unresolved' | 'resolved' | 'archived'
  substatus: string | null
  firstSeen: Date
  lastSeen: Date
  eventCount: number
  userCount: number
  assignee: string | null
}
interface Event {
  id: string
  issue: Issue
  receivedAt: Date
  level: number
  environment: string
  release: string | null
  platform: string
  transaction: string | null
  user: string | null
  title: string
  message: string | null
  tags: Record<string, string>
}

const EVENTS = 400
const ISSUES = 60

let test: TestDatabase
let database: Database
let project: StoredProject & { organizationId: number }
let ada: string
let issues: Issue[]
let events: Event[]

beforeAll(async () => {
  process.env.MESHER_SECRET ??= 'a-secret-for-tests-only-0123456789abcdef'
  test = await createTestDatabase()
  database = openDatabase(test.url)
  setDatabase(database)
  const { write } = database
  await storePartitions(write)
  const stored = await storeProject(write)
  const { rows } = await write.query('select organization_id as id from project where id = $1', [stored.id])
  project = { ...stored, organizationId: rows[0].id }
  ada = await storeUser(write, 'Ada Lovelace')
  const outsider = await storeUser(write, 'Outsider')
  await write.query(`insert into member (organization_id, user_id, role) values ($1, $2, 'member')`, [
    project.organizationId,
    ada,
  ])
  const random = randomFrom(5)
  const maybe = <T>(values: readonly T[]) => (random.below(3) === 0 ? null : random.oneOf(values))
  const NOUNS = ['TypeError', 'RangeError', 'OrderService', 'HTTPServer', '100%', 'a_b']
  const VERBS = ['cannot read properties', 'out of stock', 'handleRequest failed', 'read timeout']
  issues = []
  for (let i = 0; i < ISSUES; i++) {
    const firstSeen = ago(random.below(20) * DAY_MS + HOUR_MS)
    const issue = {
      title: `${random.oneOf(NOUNS)}: ${random.oneOf(VERBS)}`,
      level: random.below(5),
      status: random.oneOf(['unresolved', 'unresolved', 'resolved', 'archived'] as const),
      firstSeen,
      lastSeen: new Date(Math.max(firstSeen.getTime(), Date.now() - random.below(30) * HOUR_MS - MINUTE_MS)),
      eventCount: random.below(200),
      userCount: random.below(10),
      assignee: maybe([ada, outsider, ada]),
    }
    const substatus =
      issue.status === 'unresolved' ? random.oneOf(['new', 'ongoing', 'regressed', 'escalating']) : null
    const { id, groupId } = await storeIssue(write, project.id, issue)
    await write.query(
      'update issue set assignee_id = $3, substatus = $4, type = $5 where project_id = $1 and issue_id = $2::bigint',
      [project.id, id, issue.assignee, substatus, issue.title.split(':')[0]],
    )
    issues.push({ ...issue, substatus, id, groupId })
  }
  events = []
  for (let i = 0; i < EVENTS; i++) {
    const issue = random.oneOf(issues)
    const browser = maybe(['Chrome', 'chrome', 'Mobile Safari', '50% off', 'a_b', 'axb', `O'Brien"\\`])
    const tags = {
      ...(browser === null ? {} : { browser }),
      ...(random.below(2) ? { 'my key': random.oneOf(['1', '12', 'x=y']), level: 'tagged' } : {}),
      ...(random.below(9) ? {} : { 'user.id': '42' }),
    }
    const fields = {
      // Many share an instant.
      receivedAt: new Date(ago(Math.floor(random.below(60) ** 2 / 60) * DAY_MS + HOUR_MS).setMilliseconds(0)),
      level: random.below(5),
      environment: random.oneOf(['production', 'staging', 'dev_1']),
      release: maybe(['web@1.2.0', 'web@1.2.1', 'web@2.0.0', 'api@1']),
      platform: random.oneOf(['node', 'python']),
      transaction: maybe(['GET /orders', 'POST /orders/:id']),
      user: maybe(['42', 'ada@example.org', '10.0.0.1']),
      title: issue.title,
      message: maybe(['browser=Chrome was here', 'two  words apart', 'words two', 'LOUD Read Timeout']),
      tags,
    }
    const retentionDays = random.oneOf([60, 90])
    events.push({
      ...fields,
      issue,
      id: await storeEvent(write, project.id, issue.groupId, { ...fields, retentionDays }),
    })
  }
  await write.query(
    `insert into rollup_group_hour (project_id, group_id, bucket, environment, n)
     select project_id, group_id, date_trunc('hour', received_at, 'UTC'), environment, count(*) from event group by 1, 2, 3, 4`,
  )
}, 120_000)
afterAll(async () => {
  setDatabase(undefined)
  await database.close()
  await test.drop()
})

/** Words as people would count them: pieces, humps and the whole, each found from its beginning if long enough. */
const hasWord = (texts: (string | null)[], word: string): boolean => {
  const words = texts
    .filter((text) => text !== null)
    .flatMap((text) => text.split(/[^\p{L}\p{N}]+/u))
    .flatMap((piece) => [piece, ...piece.split(/(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u)])
    .map((piece) => piece.toLowerCase())
  return words.some((one) => (word.length < 3 ? one === word : one.startsWith(word)))
}
const holds = (texts: (string | null)[], phrase: string) =>
  texts.some((text) => text?.toLowerCase().includes(phrase))
const said = (e: Event) => [e.title, e.message, ...Object.keys(e.tags), ...Object.values(e.tags)]

type Atom<Row> = readonly [text: string, fits: (row: Row) => boolean]

const OF_EVENTS: Atom<Event>[] = [
  ['environment:staging', (e) => e.environment === 'staging'],
  ['environment:dev_*', (e) => e.environment.startsWith('dev_')],
  ['environment:*a*', (e) => e.environment.includes('a')],
  ['release:web@1.2.0', (e) => e.release === 'web@1.2.0'],
  ['release:web@1.2.*', (e) => e.release?.startsWith('web@1.2.') ?? false],
  ['release:*@*.0', (e) => /^.*@.*\.0$/.test(e.release ?? '')],
  ['has:release', (e) => e.release !== null],
  ['transaction:"GET /orders"', (e) => e.transaction === 'GET /orders'],
  ['transaction:*"/orders/:"*', (e) => e.transaction?.includes('/orders/:') ?? false],
  ['has:transaction', (e) => e.transaction !== null],
  ['user:ada@example.org', (e) => e.user === 'ada@example.org'],
  ['user.email:*@example.org', (e) => e.user?.endsWith('@example.org') ?? false],
  ['user.id:42', (e) => e.user === '42' || e.tags['user.id'] === '42'],
  ['user.email:ada@example.org', (e) => e.user === 'ada@example.org'],
  ['user.email:ADA@*', (e) => e.user === 'ada@example.org'],
  ['user.id:10.0.*', (e) => e.user === '10.0.0.1'],
  ['has:user.id', (e) => (e.user !== null && !e.user.includes('@')) || 'user.id' in e.tags],
  ['browser:Chrome', (e) => e.tags.browser === 'Chrome'],
  ['browser:"Mobile Safari"', (e) => e.tags.browser === 'Mobile Safari'],
  ['browser:50%*', (e) => e.tags.browser?.startsWith('50%') ?? false],
  ['browser:a_*', (e) => e.tags.browser?.startsWith('a_') ?? false],
  ['browser:*rome', (e) => e.tags.browser?.endsWith('rome') ?? false],
  [`browser:"O'Brien\\"\\\\"`, (e) => e.tags.browser === `O'Brien"\\`],
  ['tag[my key]:1', (e) => e.tags['my key'] === '1'],
  ['tag[my key]:1*', (e) => e.tags['my key']?.startsWith('1') ?? false],
  ['tag[my key]:x=y', (e) => e.tags['my key'] === 'x=y'],
  ['tag[level]:tagged', (e) => e.tags.level === 'tagged'],
  ['has:browser', (e) => 'browser' in e.tags],
  ['nothing:like-this', () => false],
]
const ONLY_EVENTS: Atom<Event>[] = [
  ...OF_EVENTS,
  ['level:fatal', (e) => e.level === 4],
  ['platform:python', (e) => e.platform === 'python'],
  ['title:"TypeError: out of stock"', (e) => e.title === 'TypeError: out of stock'],
  ['title:100%*', (e) => e.title.startsWith('100%')],
  ['type:TypeError', (e) => e.title.startsWith('TypeError: ')],
  ['type:*Error', (e) => /^.*Error: .*$/.test(e.title)],
  ['timeout', (e) => hasWord(said(e), 'timeout')],
  ['read', (e) => hasWord(said(e), 'read')],
  ['hand', (e) => hasWord(said(e), 'hand')],
  ['of', (e) => hasWord(said(e), 'of')],
  ['"read timeout"', (e) => holds([e.title, e.message], 'read timeout')],
  ['"two words"', (e) => holds([e.title, e.message], 'two words')],
  ['nowhere', () => false],
]
const OF_ISSUES: Atom<Issue>[] = [
  ['level:error', (i) => i.level === LEVELS.indexOf('error')],
  ['is:regressed', (i) => i.substatus === 'regressed'],
  ['is:escalating', (i) => i.substatus === 'escalating'],
  ['is:new', (i) => i.substatus === 'new' && i.firstSeen >= ago(7 * DAY_MS)],
  [
    'is:ongoing',
    (i) => i.substatus === 'ongoing' || (i.substatus === 'new' && i.firstSeen < ago(7 * DAY_MS)),
  ],
  ['is:assigned', (i) => i.assignee !== null],
  ['is:unassigned', (i) => i.assignee === null],
  ['assigned:none', (i) => i.assignee === null],
  ['assigned:me', (i) => i.assignee === ada],
  ['assigned:"ada lovelace"', (i) => i.assignee === ada],
  ['assigned:outsider', () => false],
  ['type:TypeError', (i) => i.title.startsWith('TypeError:')],
  ['title:*timeout', (i) => i.title.endsWith('timeout')],
  ['platform:node', () => true],
  ['events:>100', (i) => i.eventCount > 100],
  ['events:<=50', (i) => i.eventCount <= 50],
  ['users:>=5', (i) => i.userCount >= 5],
  ['users:3', (i) => i.userCount === 3],
  ['firstSeen:-72h', (i) => i.firstSeen >= ago(3 * DAY_MS)],
  ['firstSeen:<-7d', (i) => i.firstSeen < ago(7 * DAY_MS)],
  ['firstSeen:>-36h', (i) => i.firstSeen > ago(36 * HOUR_MS)],
  ['lastSeen:-12h', (i) => i.lastSeen >= ago(12 * HOUR_MS)],
  ['lastSeen:>2026-01-01', (i) => i.lastSeen > new Date('2026-01-01')],
  ['lastSeen:<2026-01-01T10:00:00+02:00', (i) => i.lastSeen < new Date('2026-01-01T08:00:00Z')],
  ['service', (i) => hasWord([i.title], 'service')],
  ['"out of"', (i) => holds([i.title], 'out of')],
]

const order = (list: Event[]) =>
  list
    .toSorted((a, b) => b.receivedAt.getTime() - a.receivedAt.getTime() || (a.id < b.id ? 1 : -1))
    .map(({ id }) => id)

const filter = (query: string) => {
  const range = { since: ago(90 * DAY_MS), until: null }
  return {
    projectId: project.id,
    expiries: expiriesOf(range, new Date()),
    ...range,
    level: null,
    environment: null,
    issueId: null as string | null,
    search: eventSearch(readQuery(query, 'events'))!,
  }
}

/** A search read to its end, page by page, with what the tests make small: depth, budget and page. */
async function walkAll(
  query: string,
  { upwards = false, limit = 9, depth = 41, issueId = null as string | null } = {},
): Promise<{ ids: string[]; pages: number }> {
  const ids: string[] = []
  let from: Place | null = upwards ? { value: ago(100 * DAY_MS).toISOString(), id: '0'.repeat(32) } : null
  for (let pages = 1; ; pages++) {
    const keyset: Keyset = { from, upwards, limit }
    const { rows, stoppedAt } = await walkEvents(database.read, { ...filter(query), issueId }, keyset, {
      budgetMs: 0,
      depth,
    })
    ids.push(...rows.map(({ id }) => id))
    const last = rows.at(-1)
    if (rows.length === limit && last) from = placeOf(last)
    else if (stoppedAt) from = stoppedAt
    else return { ids: upwards ? ids.reverse() : ids, pages }
  }
}
const placeOf = (row: EventRecord): Place => ({ value: row.receivedAt.toISOString(), id: row.id })

/** Atoms alone, then some together, each perhaps negated. */
function combinations<Row>(atoms: readonly Atom<Row>[], n: number, seed: number): Atom<Row>[] {
  const random = randomFrom(seed)
  const negate = ([text, fits]: Atom<Row>): Atom<Row> => [`!${text}`, (row) => !fits(row)]
  const pick = (): Atom<Row> => {
    const atom = random.oneOf(atoms)
    return random.below(3) === 0 ? negate(atom) : atom
  }
  const together = Array.from({ length: n }, (): Atom<Row> => {
    const parts = Array.from({ length: 2 + random.below(2) }, pick)
    return [parts.map(([text]) => text).join(' '), (row) => parts.every(([, fits]) => fits(row))]
  })
  return [...atoms, ...atoms.map(negate), ...together]
}

describe('a search for events', () => {
  it('SEARCH-01: finds what a plain filter finds, in order, for every operator, negated and together', async () => {
    let found = 0
    for (const [query, fits] of combinations(ONLY_EVENTS, 60, 1)) {
      const expected = order(events.filter(fits))
      found += expected.length > 0 ? 1 : 0
      expect((await walkAll(query, { limit: 500, depth: 1_000 })).ids, query).toEqual(expected)
    }
    // The comparison is worth something only if most searches find something.
    expect(found).toBeGreaterThan(80)
  })

  it('SEARCH-03: finds the same in walks that stop after every step, downwards and upwards', async () => {
    let stops = 0
    const alone = ONLY_EVENTS.filter((_, i) => i % 3 === 0)
    for (const [query, fits] of [...alone, ...combinations(ONLY_EVENTS, 8, 2).slice(-8)]) {
      const expected = order(events.filter(fits))
      const down = await walkAll(query)
      stops += down.pages - 1
      expect(down.ids, query).toEqual(expected)
      expect((await walkAll(query, { upwards: true })).ids, `${query}, upwards`).toEqual(expected)
    }
    expect(stops).toBeGreaterThan(50)
  })

  it('SEARCH-03: finds the same within one issue', async () => {
    const issue = events[0]!.issue
    for (const [query, fits] of ONLY_EVENTS) {
      const expected = order(events.filter((e) => e.issue === issue && fits(e)))
      expect((await walkAll(query, { issueId: issue.id, limit: 2, depth: 2 })).ids, query).toEqual(expected)
    }
  })

  it('SEARCH-03: leaves out what was discarded and is full all the same', async () => {
    const gone = issues.filter((_, i) => i % 2 === 0)
    const discard = (at: string) =>
      database.write.query(
        `update event_group set discarded_at = ${at} where project_id = $1 and group_id = any($2)`,
        [project.id, gone.map(({ groupId }) => groupId)],
      )
    await discard('now()')
    try {
      for (const [query, fits] of ONLY_EVENTS.filter((_, i) => i % 5 === 0)) {
        const expected = order(events.filter((e) => !gone.includes(e.issue) && fits(e)))
        expect((await walkAll(query)).ids, query).toEqual(expected)
      }
    } finally {
      await discard('null')
    }
  })

  it('SEARCH-03: says how far back it looked, and goes on from there', async () => {
    const rare = events.toSorted((a, b) => a.receivedAt.getTime() - b.receivedAt.getTime())[0]!
    const keyset = { from: null, upwards: false, limit: 26 }
    const search = filter('nothing:like-this !browser:x')
    const { rows, stoppedAt } = await walkEvents(database.read, search, keyset, { budgetMs: 0, depth: 50 })
    expect(rows).toEqual([])
    const looked = events.filter((e) => e.receivedAt >= new Date(stoppedAt!.value))
    expect(looked.length).toBeGreaterThanOrEqual(50)
    expect(looked.length).toBeLessThan(EVENTS)
    expect(new Date(stoppedAt!.value) > rare.receivedAt).toBe(true)
  })

  it('SEARCH-03: pages are stable while events arrive', async () => {
    const query = { query: 'browser:Chrome', since: '90d', limit: 5 }
    const expected = order(events.filter((e) => e.tags.browser === 'Chrome'))
    const fresh = await storeProject(database.write, 'fresh')
    const issue = await storeIssue(database.write, fresh.id)
    for (const e of events) {
      await storeEvent(database.write, fresh.id, issue.groupId, {
        receivedAt: e.receivedAt,
        tags: e.tags,
        id: e.id,
      })
    }
    const seen: string[] = []
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page = await projectEvents(
        fresh,
        listEventsQuery.parse({ ...query, ...(cursor ? { cursor } : {}) }),
      )
      seen.push(...page.data.map(({ id }) => id))
      expect(page.searchedBackTo ?? null).toBeNull()
      cursor = page.nextCursor
      await storeEvent(database.write, fresh.id, issue.groupId, { tags: { browser: 'Chrome' } })
    }
    expect(seen).toEqual(expected)
    const [first] = [await projectEvents(fresh, listEventsQuery.parse(query))]
    const other = listEventsQuery.parse({ ...query, query: 'browser:chrome', cursor: first!.nextCursor })
    await expect(projectEvents(fresh, other)).rejects.toThrow(
      expect.objectContaining({ code: 'invalid_cursor' }),
    )
  })
})

describe('a search for issues', () => {
  const list = (query: string, status: Issue['status'] = 'unresolved') =>
    listIssues(project, listIssuesQuery.parse({ query, status, since: '60d', limit: 100 }), ada)
  const idsOf = (page: { data: { id: string }[] }) => page.data.map(({ id }) => id).sort()
  const inTab = (status: Issue['status']) => (i: Issue) => i.status === status
  const expectIssues = async (query: string, fits: (i: Issue) => boolean) => {
    const expected = issues.filter((i) => inTab('unresolved')(i) && fits(i)).map(({ id }) => id)
    expect(idsOf(await list(query)), query).toEqual(expected.sort())
    return expected.length
  }

  it('SEARCH-01: finds what a plain filter finds, for every operator, negated and together', async () => {
    let found = 0
    for (const [query, fits] of combinations(OF_ISSUES, 30, 3)) {
      found += (await expectIssues(query, fits)) > 0 ? 1 : 0
    }
    expect(found).toBeGreaterThan(50)
  })

  it('SEARCH-01: terms about events are met by one event of the issue', async () => {
    let found = 0
    const recent = events.filter(({ receivedAt }) => receivedAt >= ago(60 * DAY_MS))
    for (const [query, fits] of combinations(OF_EVENTS, 30, 4)) {
      found += (await expectIssues(query, (i) => recent.some((e) => e.issue === i && fits(e)))) > 0 ? 1 : 0
    }
    await expectIssues(
      'browser:Chrome level:error read',
      (i) =>
        hasWord([i.title], 'read') &&
        i.level === 3 &&
        recent.some((e) => e.issue === i && e.tags.browser === 'Chrome'),
    )
    expect(found).toBeGreaterThan(40)
  })

  it('SEARCH-01: a state in the search goes before the tab', async () => {
    for (const status of ['resolved', 'archived', 'unresolved'] as const) {
      const expected = issues.filter(inTab(status)).map(({ id }) => id)
      const page = await listIssues(
        project,
        listIssuesQuery.parse({ query: `is:${status}`, since: '60d', limit: 100 }),
        ada,
      )
      expect(idsOf(page), status).toEqual(expected.sort())
    }
  })

  it('SEARCH-03: looks at a bounded number of events and says so', async () => {
    const keyset = { from: null, upwards: false, limit: 100 }
    const ask = async (query: string, bounds?: SearchBounds) => {
      const words = issueFilter.parse({ query, since: '60d' })
      const { filter, backTo } = await filterOf(database.read, project.id, words, ada, new Date(), bounds)
      return { rows: await listRecords(database.read, filter, 'lastSeen', keyset), searchedBackTo: backTo }
    }
    const newest = events.toSorted(
      (a, b) => b.receivedAt.getTime() - a.receivedAt.getTime() || (a.id < b.id ? 1 : -1),
    )
    const bounded = await ask('release:web@*', { first: 30, newest: 90, byWords: 10 })
    const looked = newest.slice(0, 90)
    expect(bounded.searchedBackTo).toEqual(looked.at(-1)!.receivedAt)
    const groups = new Set(looked.filter((e) => e.release?.startsWith('web@')).map((e) => e.issue.id))
    expect(bounded.rows.map(({ id }) => id).sort()).toEqual(
      [...groups].filter((id) => issues.find((i) => i.id === id)!.status === 'unresolved').sort(),
    )
    // All of the words were found: nothing to say.
    expect((await ask('nothing:like-this', { first: 30, newest: 90, byWords: 10 })).searchedBackTo).toBeNull()
    expect((await ask('release:web@*')).searchedBackTo).toBeNull()
  })
})

describe('hostile searches', () => {
  it('SEARCH-02: are words and values, never SQL', async () => {
    const HOSTILE = [
      `'; drop table event; --`,
      `release:'||pg_sleep(10)||'`,
      `browser:') or true--`,
      `tag[') or true --]:x`,
      `tag["$1"]:$2`,
      `"%' or '1'='1"`,
      `assigned:"x' or ''='"`,
      `title:%*_`,
      `has:"a' = any(e.tags)"`,
      `a\\b:c\\`,
      `environment:"\\\\"`,
      `x:"\ud800"`,
      `"\ud800 lone"`,
      `\0\0level:error\0`,
      `!"'':* & (|"`,
      `title:${'%_'.repeat(100)}*${'%'.repeat(100)}`,
      `${'a'.repeat(200)}:${'b'.repeat(200)}`,
    ]
    for (const query of HOSTILE) {
      const asked = await Promise.all([
        listIssues(project, listIssuesQuery.parse({ query, since: '60d' }), ada),
        query.includes('assigned')
          ? { data: [] }
          : projectEvents(project, listEventsQuery.parse({ query, since: '60d' })),
      ])
      if (!query.startsWith('!') && !query.includes('level')) {
        expect(
          asked.map(({ data }) => data.length),
          query,
        ).toEqual([0, 0])
      }
    }
    const { rows } = await database.read.query('select count(*) as n from event where project_id = $1', [
      project.id,
    ])
    expect(rows[0].n).toBe(EVENTS)
  })

  it('SEARCH-02: a mistake is a refusal that names the place', async () => {
    const asked = listIssues(project, listIssuesQuery.parse({ query: 'read level:high is:what' }), ada)
    await expect(asked).rejects.toMatchObject({
      code: 'validation_failed',
      details: {
        problems: [
          { path: 'query', code: 'unknown_level', from: 11, to: 15 },
          { path: 'query', code: 'unknown_state', from: 19, to: 23 },
        ],
      },
    })
    await expect(projectEvents(project, listEventsQuery.parse({ query: 'is:new' }))).rejects.toMatchObject({
      details: { problems: [{ code: 'wrong_list', from: 0, to: 6 }] },
    })
  })
})

describe('suggestions', () => {
  it('SEARCH-04: are known keys and recent tags, and values that begin as typed', async () => {
    await database.write.query(
      `insert into seen_value (project_id, kind, value, first_day)
       values ($1, 'environment', 'production', current_date - 1), ($1, 'environment', 'Preview%', current_date),
              ($1, 'environment', 'staging', current_date)`,
      [project.id],
    )
    const keys = await searchKeys(project.id, 'events')
    expect(keys.filter(({ tag }) => tag).map(({ key }) => key)).toEqual(
      expect.arrayContaining(['browser', 'my key', 'level']),
    )
    expect(keys.map(({ key }) => key)).toContain('release')
    expect(keys.map(({ key }) => key)).not.toContain('is')
    const values = async (key: string, prefix = '', tag = false) =>
      (await searchValues(project, { key, prefix, tag })).map(({ value }) => value)
    expect(await values('environment', 'pr')).toEqual(['Preview%', 'production'])
    expect(await values('environment', '%')).toEqual([])
    expect(await values('browser', 'CHR')).toEqual(expect.arrayContaining(['Chrome', 'chrome']))
    expect(await values('browser', 'CHR')).toHaveLength(2)
    expect(await values('transaction', 'get')).toEqual(['GET /orders'])
    expect(await values('level', 'tag', true)).toEqual(['tagged'])
    expect(await values('level', 'e')).toEqual(['error'])
    expect(await values('assigned', 'ada')).toEqual([`${ada}@example.org`])
    expect(await values('assigned', 'out')).toEqual([])
  })
})
