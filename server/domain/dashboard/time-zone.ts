// Where days begin in a time zone, by the zone rules Node carries. Pure.
// A day's first instant is not always 00:00: where clocks jump at midnight it is 01:00, and where they are turned back
// over midnight it is the first of two.
import { DomainError } from '../errors.ts'

const DAY_MS = 86_400_000
/** Names only: PostgreSQL and JavaScript read a bare offset with opposite signs, and links should say a place. */
const ZONE_NAME = /^[A-Za-z][\w+-]*(\/[\w+-]+)*$/
const clocks = new Map<string, Intl.DateTimeFormat>()
/** There are some 600 names; letters' case multiplies them. */
const MAX_CLOCKS = 1_000

/** The first instants of the local days that begin after `after` and before `before`, oldest first. */
export function dayStarts(after: number, before: number, timeZone: string): number[] {
  const starts: number[] = []
  // Local days as if the zone were UTC: plain arithmetic, no jumps.
  const first = Math.floor(localTime(after, timeZone) / DAY_MS) * DAY_MS
  for (let day = first; ; day += DAY_MS) {
    const start = startOfDay(day, timeZone)
    if (start >= before) return starts
    if (start > after) starts.push(start)
  }
}

/** The first instant of the local day in which `instant` lies. */
export const dayOf = (instant: number, timeZone: string): number =>
  startOfDay(Math.floor(localTime(instant, timeZone) / DAY_MS) * DAY_MS, timeZone)

/** A zone nobody knows is refused even where the chart has no days in it. */
export const assertTimeZone = (timeZone: string): void => void clockOf(timeZone)

/** @param day the local day's midnight as if the zone were UTC */
function startOfDay(day: number, timeZone: string): number {
  const offsetAt = (instant: number) => localTime(instant, timeZone) - instant
  // The offset before and after whatever happens around midnight: the earlier instant that is in the day begins it.
  const candidates = [day - offsetAt(day - DAY_MS), day - offsetAt(day + DAY_MS)].sort((a, b) => a - b)
  return candidates.find((instant) => localTime(instant, timeZone) >= day) ?? day
}

/** What a clock on the wall shows, as if it were UTC. */
function localTime(instant: number, timeZone: string): number {
  if (timeZone === 'UTC') return instant
  const parts: Record<string, number> = {}
  for (const { type, value } of clockOf(timeZone).formatToParts(instant)) parts[type] = Number(value)
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
  return Date.UTC(year, month - 1, day, hour, minute, second) + (((instant % 1000) + 1000) % 1000)
}

function clockOf(timeZone: string): Intl.DateTimeFormat {
  let clock = clocks.get(timeZone)
  if (!clock) {
    clock = newClock(timeZone)
    if (clocks.size >= MAX_CLOCKS) clocks.clear()
    clocks.set(timeZone, clock)
  }
  return clock
}

function newClock(timeZone: string): Intl.DateTimeFormat {
  try {
    if (!ZONE_NAME.test(timeZone)) throw new RangeError('not a name')
    return new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  } catch {
    const message = 'is not a time zone such as Europe/Berlin'
    throw new DomainError(
      'validation_failed',
      { in: 'query', problems: [{ path: 'timezone', message }] },
      `timezone: ${message}`,
    )
  }
}
