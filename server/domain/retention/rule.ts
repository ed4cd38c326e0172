// The rule of retention, pure. An event received on a UTC day goes on the first Monday on or after that day plus the
// retention. Retention changes, and a change counts from a UTC day on: events that come later are stamped by it; those
// that were there keep their day when it grew, and get the new rule's day when that is sooner. So an event goes by the
// least retention in force from the day it was received on.
//
// As the Mondays are the same for all, that comes to one day per project: what was received before it is gone.
import { utcDay } from './expiry.ts'

const DAY_MS = 86_400_000

/** A retention and the UTC day it counts from. */
export interface RetentionPeriod {
  /** `YYYY-MM-DD` */
  fromOn: string
  days: number
}

/** Before a project's first change; nothing was received earlier. */
export const SINCE_EVER = '1970-01-01'

export const addDays = (day: string, days: number): string =>
  utcDay(new Date(Date.parse(day) + days * DAY_MS))
const earlier = (a: string, b: string) => (a < b ? a : b)
const later = (a: string, b: string) => (a > b ? a : b)

/** The last Monday up to this UTC day: what goes on it, or went before, is gone. */
export function lastMonday(today: string): string {
  const weekday = new Date(Date.parse(today)).getUTCDay()
  return addDays(today, -((weekday + 6) % 7))
}

/** The day an event goes by a retention alone. */
export function goesOn(receivedOn: string, days: number): string {
  const day = addDays(receivedOn, days)
  const monday = lastMonday(day)
  return monday === day ? day : addDays(monday, 7)
}

/**
 * Events received before this UTC day are past their retention today.
 * @param periods oldest first; those that begin after today count for nothing yet
 */
export function retainedSince(periods: readonly RetentionPeriod[], today: string): string {
  const monday = lastMonday(today)
  let since = SINCE_EVER
  for (const [i, { fromOn, days }] of periods.entries()) {
    if (fromOn > today) break
    const bySelf = addDays(monday, 1 - days)
    const next = periods[i + 1]
    since = later(since, next ? earlier(bySelf, next.fromOn) : bySelf)
  }
  return since
}

/** Stored events of one day of receiving, of one week. */
export interface StoredDay {
  receivedOn: string
  expiresOn: string
  events: number
  bytes: number
}

/** When such events go, by their week and by every retention since. */
export function endOf({ receivedOn, expiresOn }: StoredDay, periods: readonly RetentionPeriod[]): string {
  let end = expiresOn
  for (const [i, { days }] of periods.entries()) {
    const next = periods[i + 1]
    if (!next || receivedOn < next.fromOn) end = earlier(end, goesOn(receivedOn, days))
  }
  return end
}

export interface Amount {
  events: number
  bytes: number
}
export const nothing = (): Amount => ({ events: 0, bytes: 0 })
export function add(to: Amount, what: Amount): void {
  to.events += what.events
  to.bytes += what.bytes
}

export interface RetentionChangePreview {
  /** What is there when it begins to count. */
  stored: Amount
  /** Goes on that day. */
  removed: Amount
  /** Goes later, yet before its old day. */
  sooner: Amount
  /** Keeps its day. */
  unchanged: Amount
  /** The day the last of them goes; null without any. */
  lastDay: string | null
}

/** What another retention would do to what is stored, day by day, exactly as the sweeper will. */
export function previewChange(
  stored: readonly StoredDay[],
  periods: readonly RetentionPeriod[],
  change: RetentionPeriod,
): RetentionChangePreview {
  // A change that was asked for and does not count yet is replaced.
  const before = periods.filter(({ fromOn }) => fromOn < change.fromOn)
  const after = [...before, change]
  const preview: RetentionChangePreview = {
    ...{ stored: nothing(), removed: nothing(), sooner: nothing(), unchanged: nothing() },
    lastDay: null,
  }
  for (const day of stored) {
    const was = endOf(day, before)
    if (was <= change.fromOn) continue
    const will = endOf(day, after)
    add(preview.stored, day)
    add(will <= change.fromOn ? preview.removed : will < was ? preview.sooner : preview.unchanged, day)
    preview.lastDay = later(preview.lastDay ?? will, will)
  }
  return preview
}
