// Which weeks of events a reader has to look at. An event lives in the partition of its expiry: the first Monday on or
// after the UTC day it was received plus the retention its project had that day (domain/ingest/stamp.ts). Retention
// changes, so readers pass every Monday that any of the offered retentions can give; PostgreSQL skips the rest.
import { RETENTION_DAYS } from '#shared/constants/limits.ts'
import { stamp } from '../ingest/stamp.ts'

const DAY_MS = 86_400_000
/** Nothing older can still be there: the longest retention, and up to six days to the Monday. */
export const LONGEST_LIFE_DAYS = Math.max(...RETENTION_DAYS) + 7

/** The UTC day `YYYY-MM-DD`. */
export const utcDay = (date: Date): string => date.toISOString().slice(0, 10)

/**
 * Every `expires_on` that an event received in the range can have and that has not come yet, oldest first.
 * An event is hidden from its day of expiry on, whether its partition is gone already or not.
 */
export function expiriesOf(range: { since: Date | null; until: Date | null }, now: Date): string[] {
  const oldest = now.getTime() - LONGEST_LIFE_DAYS * DAY_MS
  const from = Math.max(range.since?.getTime() ?? oldest, oldest)
  // A node's clock may be a little behind PostgreSQL's, which stamps: look a day ahead.
  const to = Math.min(range.until?.getTime() ?? Infinity, now.getTime() + DAY_MS)
  const days = new Set<string>()
  for (const retention of RETENTION_DAYS) {
    for (let at = from; at < to; at += DAY_MS) days.add(stamp(at, retention).expiresOn)
    if (from <= to) days.add(stamp(to, retention).expiresOn)
  }
  const today = utcDay(now)
  return [...days].filter((day) => day > today).sort()
}
