// Where the bars of a chart begin. Comes in: a range, a zone, the finest bar there is. Goes out: the interval, every
// bar's start (so that charts are zero-filled by construction) and the bounds to count between.
// A range that moves with the clock (`24h`) gets whole bars that end with the current one: 96 quarters, 168 hours, 30
// days. A fixed range is covered from the bar it begins in, and counted from where it begins.
import { assertTimeZone, dayOf, dayStarts } from './time-zone.ts'
import type { Range } from '../search/range.ts'

const QUARTER_MS = 900_000
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Rollups go back 13 months. */
const MAX_RANGE_DAYS = 400

export interface Buckets {
  interval: '15m' | '1h' | '1d'
  starts: Date[]
  /** Count from here … */
  from: Date
  /** … to before here. */
  to: Date
}
export interface BucketOptions {
  now: Date
  timeZone?: string | undefined
  /** What the rollup behind the chart knows. */
  finest: '15m' | '1h'
}

const floorTo = (ms: number, unit: number) => Math.floor(ms / unit) * unit
const ceilTo = (ms: number, unit: number) => Math.ceil(ms / unit) * unit

export function bucketsOf(range: Range, { now, timeZone = 'UTC', finest }: BucketOptions): Buckets {
  assertTimeZone(timeZone)
  const grain = finest === '15m' ? QUARTER_MS : HOUR_MS
  const until = Math.min(range.until?.getTime() ?? now.getTime(), now.getTime() + DAY_MS)
  const earliest = until - MAX_RANGE_DAYS * DAY_MS
  const since = Math.min(Math.max(range.since?.getTime() ?? until - DAY_MS, earliest), until)
  const interval = intervalFor(until - since, finest)

  const starts =
    interval === '1d'
      ? daysOf(since, until, { timeZone, sliding: range.sliding })
      : stepsOf(since, until, { step: interval === '15m' ? QUARTER_MS : HOUR_MS, sliding: range.sliding })
  const first = starts[0]! // each of the two gives at least one
  return {
    interval,
    starts: starts.map((start) => new Date(start)),
    from: new Date(range.sliding ? first : Math.max(floorTo(since, grain), floorTo(first, grain))),
    to: new Date(Math.max(ceilTo(until, grain), first)),
  }
}

/** A quarter's tolerance: "24 hours ago" computed by a page is a little more than 24 hours when it arrives. */
function intervalFor(length: number, finest: '15m' | '1h'): Buckets['interval'] {
  if (length <= DAY_MS + QUARTER_MS) return finest
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
