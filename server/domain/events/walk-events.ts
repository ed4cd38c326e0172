// A search for events, newest first, within a time budget. It walks: a few thousand events in order, and again while
// many of them fit; when few do and the search has words, week by week through the index of words. After each step the
// clock is looked at. It gives what it found and the place it came to, from which the next page goes on, so nothing is
// missed and nothing found twice, however the time runs out.
import type { Db } from '#server/storage/database.ts'
import type { EventRecord } from '#server/storage/events/event-row.ts'
import {
  areFrequent,
  searchByWords,
  searchNearest,
  type SearchFilter,
} from '#server/storage/events/search-events.ts'
import type { Keyset, Place } from '#server/storage/keyset.ts'
import { expiriesOf, LONGEST_LIFE_DAYS } from '../retention/expiry.ts'
import type { Walk } from '../search/page.ts'

const DAY_MS = 86_400_000
const WEEK_MS = 7 * DAY_MS
/** The first step is done whatever it takes; none is begun later than this. */
const BUDGET_MS = 40
/** Events of one step: some 5 ms. */
const DEPTH = 5_000
/** The same for each group of an issue, of which there may be a hundred. */
const DEPTH_OF_GROUP = 1_000
/** So many steps in order may fill a page; words that take more are rare enough for the index. */
const STEPS_TO_FILL = 8
/** Rare words are in no more events of a week than this. */
const RARE_IN_WEEK = 2_000
/** Before and behind every event of an instant. */
const LOWEST_ID = '00000000-0000-0000-0000-000000000000'
const HIGHEST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

interface Step {
  rows: EventRecord[]
  reached: Place | null
}

export async function walkEvents(
  db: Db,
  filter: SearchFilter,
  keyset: Keyset,
  { budgetMs = BUDGET_MS, depth = filter.issueId === null ? DEPTH : DEPTH_OF_GROUP } = {},
): Promise<Walk<EventRecord>> {
  const { words } = filter.search
  // Only what holds no word asks for no word at all: it is nowhere.
  if (words === '') return { rows: [], stoppedAt: null }
  const start = performance.now()
  const rows: EventRecord[] = []
  let from = keyset.from
  let rare = false
  for (;;) {
    const rest = { ...keyset, from, limit: keyset.limit - rows.length }
    const step: Step =
      rare && words !== null && from
        ? ((await stepByWords(db, filter, words, { ...rest, from })) ??
          // Rare only among the newest: as many in order again.
          (await searchNearest(db, filter, rest, depth)))
        : await searchNearest(db, filter, rest, depth)
    rows.push(...step.rows)
    if (rows.length === keyset.limit || step.reached === null) return { rows, stoppedAt: null }
    from = step.reached
    rare ||= step.rows.length * STEPS_TO_FILL < keyset.limit
    if (performance.now() - start >= budgetMs) return { rows, stoppedAt: from }
  }
}

/** The next week from a place on, by the index of words; null when they are not rare there. */
async function stepByWords(
  db: Db,
  filter: SearchFilter,
  words: string,
  keyset: Keyset & { from: Place },
): Promise<Step | null> {
  const now = new Date()
  const at = new Date(keyset.from.value).getTime()
  // No clock is a day ahead, and nothing lives longer than the longest retention.
  const oldest = filter.since?.getTime() ?? now.getTime() - LONGEST_LIFE_DAYS * DAY_MS
  const newest = filter.until?.getTime() ?? now.getTime() + DAY_MS
  const since = keyset.upwards ? at : Math.max(at - WEEK_MS, oldest)
  const until = keyset.upwards ? Math.min(at + WEEK_MS, newest) : at
  const isLast = keyset.upwards ? until >= newest : since <= oldest
  const week = { since: new Date(since), until: new Date(until) }
  const expiries = expiriesOf(week, now)
  if (await areFrequent(db, { ...filter, ...week, expiries }, words, RARE_IN_WEEK)) return null
  const rows = await searchByWords(db, { ...filter, ...week, expiries }, words, keyset)
  if (isLast) return { rows, reached: null }
  const end = keyset.upwards ? until : since
  return {
    rows,
    reached: { value: new Date(end).toISOString(), id: keyset.upwards ? HIGHEST_ID : LOWEST_ID },
  }
}
