// Where the bars of a chart begin. Comes in: a range, a zone, the finest bar there is. Goes out: the interval, every
// bar's start (so that charts are zero-filled by construction) and the bounds to count between.
// A range that moves with the clock (`24h`) gets whole bars that end with the current one: 60 minutes, 96 quarters, 168
// hours, 30 days. A fixed range is covered from the bar it begins in, and counted from where it begins.
import { assertTimeZone, dayOf, dayStarts } from './time-zone.ts'
import type { Range } from '../search/range.ts'

const MINUTE_MS = 60_000
const QUARTER_MS = 900_000
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Rollups go back 13 months. */
const MAX_RANGE_DAYS = 400

/** What the rollup behind a chart knows. */
export type Finest = '1m' | '15m' | '1h'
export interface Buckets<Interval = '15m' | '1h' | '1d'> {
  interval: Interval
  starts: Date[]
  /** Count from here … */
  from: Date
  /** … to before here. */
  to: Date
}
export interface BucketOptions<F extends Finest = Finest> {
  now: Date
  timeZone?: string | undefined
  finest: F
}
type IntervalOf<F extends Finest> = '1m' extends F ? '1m' | '15m' | '1h' | '1d' : '15m' | '1h' | '1d'

const STEP_MS = { '1m': MINUTE_MS, '15m': QUARTER_MS, '1h': HOUR_MS } as const

const floorTo = (ms: number, unit: number) => Math.floor(ms / unit) * unit
const ceilTo = (ms: number, unit: number) => Math.ceil(ms / unit) * unit

export function bucketsOf<F extends Finest>(
  range: Range,
  { now, timeZone = 'UTC', finest }: BucketOptions<F>,
): Buckets<IntervalOf<F>> {
  assertTimeZone(timeZone)
  const grain = STEP_MS[finest]
  const until = Math.min(range.until?.getTime() ?? now.getTime(), now.getTime() + DAY_MS)
  const earliest = until - MAX_RANGE_DAYS * DAY_MS
  const since = Math.min(Math.max(range.since?.getTime() ?? until - DAY_MS, earliest), until)
  const interval = intervalFor(until - since, finest)

  const starts =
    interval === '1d'
      ? daysOf(since, until, { timeZone, sliding: range.sliding })
      : stepsOf(since, until, { step: STEP_MS[interval], sliding: range.sliding })
  const first = starts[0]! // each of the two gives at least one
  return {
    interval: interval as IntervalOf<F>, // minutes only where they were asked for
    starts: starts.map((start) => new Date(start)),
    from: new Date(range.sliding ? first : Math.max(floorTo(since, grain), floorTo(first, grain))),
    to: new Date(Math.max(ceilTo(until, grain), first)),
  }
}

/** A quarter's tolerance: "24 hours ago" computed by a page is a little more than 24 hours when it arrives. */
function intervalFor(length: number, finest: Finest): '1m' | '15m' | '1h' | '1d' {
  if (finest === '1m' && length <= 2 * HOUR_MS + MINUTE_MS) return '1m'
  if (length <= DAY_MS + QUARTER_MS) return finest === '1h' ? '1h' : '15m'
  return length <= 7 * DAY_MS + QUARTER_MS ? '1h' : '1d'
}

function stepsOf(
  since: number,
  until: number,
  { step, sliding }: { step: number; sliding: boolean },
): number[] {
  // The current bar is the last one; the one that has half slid out of view is left out.
  const first = sliding
    ? floorTo(until, step) - (Math.max(Math.round((until - since) / step), 1) - 1) * step
    : floorTo(since, step)
  const starts: number[] = [first]
  for (let start = first + step; start < until; start += step) starts.push(start)
  return starts
}

function daysOf(
  since: number,
  until: number,
  { timeZone, sliding }: { timeZone: string; sliding: boolean },
): number[] {
  const later = dayStarts(since, until, timeZone)
  return sliding && later.length > 0 ? later : [dayOf(since, timeZone), ...later]
}
