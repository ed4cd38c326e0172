// One run of reading: a database filled with a month (once, where it is kept), the built server on it, somebody signed
// in who reads every route in turn, again and again, while events arrive through the door.
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import type pg from 'pg'
import { startApp } from '../app.ts'
import {
  makeProject,
  openBenchDatabase,
  untilFolded,
  type BenchDatabase,
  type BenchProject,
} from '../database.ts'
import { RUN_DIGITS } from '../event-ids.ts'
import { generateLoad } from '../load-generator.ts'
import type { LoadPlan } from '../load.ts'
import type { Options } from '../options.ts'
import { decideAboutIssues, fillProject, settle } from '../stored/fill.ts'
import { functionName } from '../stored/make-events.ts'
import { Reader } from './reader.ts'
import { readRoutes, type ReadRoute, type Stored } from './routes.ts'
import type { ReadScenario } from './scenarios.ts'

export interface Timing {
  n: number
  p50: number
  p95: number
  max: number
}
export interface RouteMeasurement {
  name: string
  path: string
  aimMs: number | null
  first: Timing
  /** Answers that were no success; their times count. */
  failed: number
  /** Where the list is so long: its hundredth page, or its last. */
  page: (Timing & { number: number }) | null
}
export interface ReadMeasurement {
  name: string
  /** In the project that is read; its organisation has nine more with a hundredth of it each. */
  events: number
  issues: number
  /** Null: filled by an earlier run. */
  filledPerSecond: number | null
  arrivingPerSecond: number
  routes: RouteMeasurement[]
}

const ARRIVING_PER_SECOND = 500
const ARRIVING_GROUPS = 200
const OTHER_PROJECTS = 9
const DEEP_PAGE = 100
const PAGE_ROWS = 25
/** A divisor of what lies before the hundredth page. */
const SEEK_ROWS = 99
/** Each route is read so often before anything counts: code is compiled and pages are in memory. */
const WARM_UP_ROUNDS = 3
const PERSON = { name: 'Bench', email: 'bench@example.org', password: 'correct horse battery staple' }

/** @param closers what has to be closed if this ends early, last first */
export async function measureReads(
  scenario: ReadScenario,
  options: Options,
  closers: (() => Promise<void>)[],
): Promise<ReadMeasurement> {
  const database = await openBenchDatabase(options.directory, options.keep ? scenario.name : undefined)
  closers.push(() => database.close())
  const { project, filledPerSecond } = await findOrFill(database, scenario)
  const app = await startApp(options.entry, database, options.profile)
  closers.push(app.stop)
  const reader = new Reader(app.port)
  const userId = await reader.signIn(PERSON)
  await database.pool.query(
    `insert into member (organization_id, user_id, role)
     select organization_id, $2, 'owner' from project where id = $1 on conflict do nothing`,
    [project.id, userId],
  )
  if (filledPerSecond !== null) {
    await decideAboutIssues(database.pool, project.id, userId)
    await settle(database.pool)
  }
  await database.checkpoint()
  const stored = await lookAround(database.pool, project.id)
  const routes = readRoutes(stored).map((route) => ({
    ...route,
    ...(route.aimMs === undefined ? {} : { aimMs: route.aimMs * scenario.aimTimes }),
  }))
  const measured = await readAll(reader, routes, {
    port: app.port,
    connections: 16,
    window: 1,
    seconds: options.seconds * scenario.longer,
    ratePerSecond: ARRIVING_PER_SECOND,
    body: {
      kind: 'single',
      bytesPerEvent: 2_048,
      eventsPerRequest: 1,
      groups: ARRIVING_GROUPS,
      path: '/api/v1/events',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${project.key}` },
      run: randomBytes(RUN_DIGITS / 2).toString('hex'),
    },
  })
  reader.close()
  await untilFolded(database.pool, project.id)
  for (let n = 0; n < 2; n++) await closers.pop()!()
  return {
    name: scenario.name,
    events: scenario.events,
    issues: scenario.issues,
    filledPerSecond,
    ...measured,
  }
}

/** What a kept database holds is written beside it. */
async function findOrFill(
  database: BenchDatabase,
  { events, issues, name }: ReadScenario,
): Promise<{ project: BenchProject; filledPerSecond: number | null }> {
  const note = path.join(database.directory, 'filled.json')
  if (fs.existsSync(note))
    return { project: JSON.parse(fs.readFileSync(note, 'utf8')) as BenchProject, filledPerSecond: null }
  const project = await makeProject(database.pool, name)
  process.stdout.write(`${name}: filling `)
  const seconds = await fillProject(database.url, { projectId: project.id, events, issues })
  for (let n = 0; n < OTHER_PROJECTS; n++) {
    const { id } = await makeProject(database.pool, `other-${n}`)
    await fillProject(database.url, { projectId: id, events: events / 100, issues: issues / 100 })
  }
  console.log(` ${Math.round(seconds)} s, ${Math.round(events / seconds)} events/s`)
  fs.writeFileSync(note, JSON.stringify(project))
  return { project, filledPerSecond: events / seconds }
}

async function lookAround(pool: pg.Pool, projectId: number): Promise<Stored> {
  const one = async <T extends pg.QueryResultRow>(text: string, ...values: unknown[]): Promise<T> =>
    (await pool.query<T>(text, [projectId, ...values])).rows[0]!
  const issue = (offset: string) =>
    one<{ id: string }>(
      `select issue_id::text as id from issue where project_id = $1 and status = 'unresolved'
       order by event_count desc, issue_id offset ${offset} limit 1`,
    )
  const { slug } = await one<{ slug: string }>(
    'select o.slug from project p join organization o on o.id = p.organization_id where p.id = $1',
  )
  const [loud, middling, single] = [
    await issue('0'),
    await issue('100'),
    await issue(`(select count(*) / 2 from issue where project_id = $1 and status = 'unresolved')`),
  ]
  const event = await one<{ id: string; day: string }>(
    `select replace(e.event_id::text, '-', '') as id, (e.received_at at time zone 'UTC')::date::text as day
     from event e join event_group g using (project_id, group_id)
     where project_id = $1 and g.issue_id = $2 and e.received_at < now() - interval '15 days'
     order by e.received_at desc limit 1`,
    loud.id,
  )
  return {
    org: slug,
    projectId,
    issues: { loud: loud.id, middling: middling.id, single: single.id },
    event,
    user: 'u4711',
    words: { seldom: functionName(3), rare: functionName(500) },
  }
}

interface Reading {
  route: ReadRoute
  failed: number
  page: { path: string; number: number } | null
  first: number[]
  later: number[]
}

async function readAll(
  reader: Reader,
  routes: readonly ReadRoute[],
  plan: LoadPlan,
): Promise<Pick<ReadMeasurement, 'arrivingPerSecond' | 'routes'>> {
  const readings: Reading[] = []
  for (const route of routes)
    readings.push({
      route,
      failed: 0,
      page: route.deep ? await findDeepPage(reader, route.path) : null,
      first: [],
      later: [],
    })
  const round = async () => {
    for (const reading of readings) {
      const { route, page, first, later } = reading
      for (const [address, times] of [
        [route.path, first],
        ...(page ? [[page.path, later] as const] : []),
      ] as const) {
        const { status, ms } = await reader.get(address)
        times.push(ms)
        if (status !== 200) reading.failed++
      }
    }
  }
  let reading: Promise<void> | undefined
  const load = await generateLoad(plan, () => {
    const until = performance.now() + plan.seconds * 1_000
    reading = (async () => {
      for (let n = 0; n < WARM_UP_ROUNDS; n++) await round()
      for (const reading of readings) reading.first.length = reading.later.length = reading.failed = 0
      do await round()
      while (performance.now() < until)
    })()
    // A failure is met where it is awaited, below.
    reading.catch(() => {})
  })
  await reading
  return {
    arrivingPerSecond: load.acknowledged.length / load.seconds,
    routes: readings.map(({ route, failed, page, first, later }) => ({
      name: route.name,
      path: route.path,
      aimMs: route.aimMs ?? null,
      first: timingOf(first),
      failed,
      page: page && { ...timingOf(later), number: page.number },
    })),
  }
}

/** The hundredth page, or the last that is whole; null when there is but one. Larger steps lead there faster. */
async function findDeepPage(reader: Reader, address: string): Promise<Reading['page']> {
  interface Page {
    data: unknown[]
    nextCursor: string | null
  }
  const at = (words: string) => `${address}${address.includes('?') ? '&' : '?'}${words}`
  let next = at(`limit=${SEEK_ROWS}`)
  let deepest: Reading['page'] = null
  let rows = 0
  while (rows < (DEEP_PAGE - 1) * PAGE_ROWS) {
    const { data, nextCursor } = await reader.json<Page>(next)
    rows += data.length
    if (nextCursor === null) break
    const page = at(`cursor=${encodeURIComponent(nextCursor)}`)
    if ((await reader.json<Page>(page)).data.length === PAGE_ROWS)
      deepest = { path: page, number: Math.floor(rows / PAGE_ROWS) + 1 }
    next = `${page}&limit=${SEEK_ROWS}`
  }
  return deepest
}

function timingOf(times: readonly number[]): Timing {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return { n: sorted.length, p50: at(0.5), p95: at(0.95), max: sorted.at(-1) ?? 0 }
}
