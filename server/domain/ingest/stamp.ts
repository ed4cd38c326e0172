// What is decided once, at the door, and never again: when an event was received and when it expires.
// Routing, retry and spool keep the stamp, so that the same event is always the same row.
const DAY_MS = 86_400_000
const MONDAY = 1
/** A retry within two days of the turn of the week is looked for in the week before as well. */
const LOOK_BACK_DAYS = 2
/** So near the turn two deliveries of one event may be in flight with different weeks: a receipt decides. */
const NEAR_TURN_MS = 5 * 60_000

export interface Stamp {
  /** PostgreSQL's clock, ms since the epoch. */
  receivedAt: number
  /** UTC date `YYYY-MM-DD`: the partition the event lives in. */
  expiresOn: string
  /**
   * The week an earlier delivery of the same event could have been given, when that is possible; it may also have been
   * the week after that one.
   */
  previousExpiresOn: string | null
  /** Within minutes of the turn, or days of a new retention: the receipt table, not the event's key, tells a second delivery. */
  nearTurn: boolean
}

/** The first Monday on or after the UTC day of `receivedAt` plus the retention, in days since the epoch. */
function expiryDay(receivedAt: number, retentionDays: number): number {
  const day = Math.floor(receivedAt / DAY_MS) + retentionDays
  const weekday = (day + 4) % 7 // 1970-01-01 was a Thursday
  return day + ((MONDAY - weekday + 7) % 7)
}

const isoDays = new Map<number, string>()
/** Events of one second share a handful of days: each is written out once. */
function isoDay(day: number): string {
  let text = isoDays.get(day)
  if (text === undefined) {
    if (isoDays.size > 1_000) isoDays.clear()
    isoDays.set(day, (text = new Date(day * DAY_MS).toISOString().slice(0, 10)))
  }
  return text
}

/** What was, or still is, a project's retention until a moment, ms since the epoch: a change counts from a UTC day. */
export interface RetentionBefore {
  days: number
  until: number
}

/**
 * Stamps an event.
 * @param receivedAt PostgreSQL's clock, ms since the epoch
 * @param retentionDays the project's retention, days
 */
export function stamp(receivedAt: number, retentionDays: number, before?: RetentionBefore): Stamp {
  const changed = before && before.days !== retentionDays ? receivedAt - before.until : undefined
  const days = changed !== undefined && changed < 0 ? before!.days : retentionDays // there is one if it changed
  const day = expiryDay(receivedAt, days)
  // An earlier delivery was stamped by the old retention: with the week of one of the two days.
  const afresh = changed !== undefined && changed >= 0 && changed < LOOK_BACK_DAYS * DAY_MS
  const earlier = expiryDay(receivedAt - LOOK_BACK_DAYS * DAY_MS, afresh ? before!.days : days)
  return {
    receivedAt,
    expiresOn: isoDay(day),
    previousExpiresOn: earlier === day && !afresh ? null : isoDay(earlier),
    nearTurn:
      afresh ||
      (changed !== undefined && Math.abs(changed) < NEAR_TURN_MS) ||
      expiryDay(receivedAt - NEAR_TURN_MS, days) !== expiryDay(receivedAt + NEAR_TURN_MS, days),
  }
}

/**
 * The stamp of an event that is stored long after it was received. It stays as it is; but when the week has turned
 * since, a second delivery may have come in by another way and lie in the week after: that one is looked for too.
 * @param now PostgreSQL's clock, ms since the epoch
 */
export function replayStamp(given: Stamp, now: number): Stamp {
  const sameDay = Math.floor(given.receivedAt / DAY_MS) === Math.floor(now / DAY_MS)
  if (sameDay || given.previousExpiresOn !== null) return given
  return { ...given, previousExpiresOn: isoDay(Date.parse(given.expiresOn) / DAY_MS + 7) }
}
