// The chart above a list of events: how many there are by time and level, for the same filter as the list's.
// What the rollups know (a level, an environment) is read from them: exact, and counts sampled events too. Any other
// search is counted event by event, newest first, for a bounded time; what was not come to has no number.
import type { z } from 'zod'
import { useDatabase, withTransaction, type Db } from '#server/storage/database.ts'
import { countVolume, type LevelCount } from '#server/storage/dashboard/count-volume.ts'
import { countMatchingEvents, type CountStep } from '#server/storage/events/count-matching-events.ts'
import type { EventSearch, EventTerm } from '#server/storage/events/event-terms.ts'
import type { EventFilter } from '#server/storage/events/list-events.ts'
import { areFrequent } from '#server/storage/events/search-events.ts'
import type { Place } from '#server/storage/keyset.ts'
import { setStatementTimeout } from '#server/storage/set-statement-timeout.ts'
import { levelToNumber } from '#shared/constants/levels.ts'
import type { EventHistogram, eventHistogramQuery } from '#shared/schemas/event-view.ts'
import { bucketsOf, type Buckets } from '../dashboard/buckets.ts'
import { fillBuckets } from '../dashboard/volume.ts'
import { expiriesOf } from '../retention/expiry.ts'
import { eventSearch } from '../search/event-search.ts'
import { parseRange } from '../search/range.ts'
import { readQuery } from '../search/read-query.ts'
import { DEFAULT_RANGE, SEARCH_TIMEOUT_MS } from './list-events.ts'

/** The first step is done whatever it takes; none is begun later than this. */
const BUDGET_MS = 50
/** Events of one step: some 5 ms. */
const DEPTH = 5_000
/** Of so many looked at one fits: such words may be rare enough for the index of words. */
const RARE = 50
/** They are where a week has no more events with them than this. */
const RARE_IN_WEEK = 2_000
const WEEK_MS = 7 * 86_400_000
/** Before every event of an instant. */
const LOWEST_ID = '00000000-0000-0000-0000-000000000000'

interface CountFilter extends EventFilter {
  search: EventSearch
  since: Date
}
interface Counted {
  rows: LevelCount[]
  /** Where counting stopped; null when it did not. */
  stoppedAt: Date | null
}

export async function eventHistogram(
  projectId: number,
  query: z.output<typeof eventHistogramQuery>,
  { budgetMs = BUDGET_MS, depth = DEPTH } = {},
): Promise<EventHistogram> {
  const now = new Date()
  const search = eventSearch(readQuery(query.query, 'events'))
  const range = parseRange(query, now, DEFAULT_RANGE)
  const buckets = bucketsOf(range, { now, timeZone: query.timezone, finest: '15m' })
  const level = query.level === undefined ? null : levelToNumber(query.level)
  const rolledUp = rollupTerms(search?.terms ?? [], query.environment ?? null)
  const database = useDatabase().read

  let counted: Counted
  if (rolledUp) {
    const rows = await countVolume(database, projectId, buckets, rolledUp.environment)
    const wanted = rows.filter(
      (row) => (level === null || row.level === level) && rolledUp.hasLevel(row.level),
    )
    counted = { rows: wanted, stoppedAt: null }
  } else {
    // The rollups' bars begin with the quarter; what is counted here ends and begins as the bars do.
    const filter = {
      projectId,
      expiries: expiriesOf({ since: buckets.from, until: buckets.to }, now),
      since: range.sliding || !range.since || range.since < buckets.from ? buckets.from : range.since,
      until: range.until ?? buckets.to,
      level,
      environment: query.environment ?? null,
      search: search!, // without terms the rollups know
    }
    counted = await withTransaction(database, async (db) => {
      await setStatementTimeout(db, SEARCH_TIMEOUT_MS)
      return countWalk(db, filter, buckets, { budgetMs, depth })
    })
  }
  return toHistogram(buckets, counted)
}

/** What the terms ask of the rollups; null when one asks for something they do not know. */
function rollupTerms(terms: readonly EventTerm[], asked: string | null) {
  let environment = asked
  const levels: ((level: number) => boolean)[] = []
  for (const term of terms) {
    if (term.kind === 'level') levels.push((level) => (level === term.level) !== term.negated)
    else {
      const name = environmentOf(term)
      if (name === null || (environment !== null && environment !== name)) return null
      environment = name
    }
  }
  return { environment, hasLevel: (level: number) => levels.every((fits) => fits(level)) }
}

/** Of a term that names one whole environment. */
function environmentOf(term: EventTerm): string | null {
  if (term.kind !== 'column' || term.column !== 'environment' || term.negated || term.tag !== null)
    return null
  const [pattern, ...others] = term.patterns
  return pattern?.length === 1 && others.length === 0 ? pattern[0]! : null // has that one part
}

/** In order from the newest on; by the index of words, a week at a time, where few events have them. */
async function countWalk(
  db: Db,
  filter: CountFilter,
  { starts }: Buckets,
  { budgetMs, depth }: { budgetMs: number; depth: number },
): Promise<Counted> {
  const { words } = filter.search
  // Only what holds no word asks for no word at all: it is nowhere.
  if (words === '') return { rows: [], stoppedAt: null }
  const begun = performance.now()
  const rows: LevelCount[] = []
  let from: Place | null = null
  let rare = false
  for (;;) {
    const step: CountStep =
      (rare && words !== null && from ? await countWeek(db, filter, starts, { words, from }) : null) ??
      (await countMatchingEvents(db, filter, { starts, from, depth, words: null }))
    rows.push(...step.rows)
    if (!step.reached) return { rows, stoppedAt: null }
    from = step.reached
    if (performance.now() - begun >= budgetMs) return { rows, stoppedAt: new Date(from.value) }
    rare ||= step.found * RARE < depth
  }
}

/** The week before a place, by the index of words; null when they are not rare there. */
async function countWeek(
  db: Db,
  filter: CountFilter,
  starts: readonly Date[],
  { words, from }: { words: string; from: Place },
): Promise<CountStep | null> {
  const until = new Date(from.value)
  const since = new Date(Math.max(until.getTime() - WEEK_MS, filter.since.getTime()))
  const week = { ...filter, since, until, expiries: expiriesOf({ since, until }, new Date()) }
  if (await areFrequent(db, week, words, RARE_IN_WEEK)) return null
  const step = await countMatchingEvents(db, week, { starts, from, depth: RARE_IN_WEEK + 1, words })
  return {
    ...step,
    reached: since <= filter.since ? null : { value: since.toISOString(), id: LOWEST_ID },
  }
}

function toHistogram(buckets: Buckets, { rows, stoppedAt }: Counted): EventHistogram {
  // Weights are real numbers: one bar's whole is rounded, and all add up to the total that is shown.
  const sums = new Map<string, LevelCount>()
  for (const { bucket, level, n } of rows) {
    const sum = sums.get(`${bucket} ${level}`)
    sums.set(`${bucket} ${level}`, { bucket, level, n: (sum?.n ?? 0) + n })
  }
  const whole = [...sums.values()].map((row) => ({ ...row, n: Math.round(row.n) }))
  const filled = fillBuckets(buckets, whole)
  const countedTo = stoppedAt?.getTime() ?? -Infinity
  return {
    interval: buckets.interval,
    since: buckets.from.toISOString(),
    until: buckets.to.toISOString(),
    countedBackTo: stoppedAt?.toISOString() ?? null,
    total: filled.total,
    buckets: filled.buckets.map(({ start, counts, total }, i) => {
      const ends = buckets.starts[i + 1] ?? buckets.to
      if (ends.getTime() <= countedTo) return { start, counted: 'none', counts: null, total: null }
      const begins = Math.max(Date.parse(start), buckets.from.getTime())
      return { start, counted: begins < countedTo ? 'part' : 'whole', counts, total }
    }),
  }
}
