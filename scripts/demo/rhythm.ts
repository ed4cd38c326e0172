// When things go wrong: by day and night, weekday and weekend, since when and until when, and all at once after a
// deploy or during an outage. Times are ms since the epoch; "days ago" counts back from the demo's now.
import type { Draw } from './draw.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
export const DEMO_DAYS = 14

/** Events an hour relative to the busiest, by UTC hour. */
const HOURS = {
  shop: [2, 1, 1, 1, 1, 2, 4, 6, 8, 9, 10, 11, 12, 12, 10, 9, 9, 10, 12, 14, 15, 13, 9, 5],
  warehouse: [0, 0, 0, 0, 1, 6, 10, 12, 12, 11, 12, 8, 9, 12, 11, 10, 7, 4, 1, 1, 0, 0, 0, 0],
  night: [2, 12, 12, 4, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  steady: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
} as const
/** Sunday first. */
const WEEK = {
  shop: [11, 9, 9, 9, 9, 10, 12],
  warehouse: [0, 12, 12, 11, 11, 10, 3],
  night: [1, 1, 1, 1, 1, 1, 1],
  steady: [1, 1, 1, 1, 1, 1, 1],
} as const

export interface When {
  rhythm: keyof typeof HOURS
  /** Days ago it began; from the beginning when absent. */
  since?: number
  /** Days ago it ended. */
  until?: number
  /** Quiet from … to …, days ago. */
  quiet?: readonly [from: number, to: number]
  /** All at once: each takes its share (0–1) of the events, most of them at its beginning. */
  bursts?: readonly { daysAgo: number; hours: number; share: number }[]
}

/** A moment, days ago, in ms: whole days end at the demo's now. */
export const daysBefore = (now: number, days: number): number => now - days * DAY_MS

/** One moment at which the problem showed. */
export function momentOf(when: When, now: number, draw: Draw): number {
  let share = draw.unit()
  for (const burst of when.bursts ?? []) {
    share -= burst.share
    if (share < 0) {
      const into = draw.unit() ** 1.8 * burst.hours * HOUR_MS
      return Math.min(now - 1_000, daysBefore(now, burst.daysAgo) + into)
    }
  }
  const from = daysBefore(now, when.since ?? DEMO_DAYS)
  const to = daysBefore(now, when.until ?? 0)
  const [quietFrom, quietTo] = when.quiet ?? [0, 0]
  const hours = HOURS[when.rhythm]
  const week = WEEK[when.rhythm]
  const most = Math.max(...hours) * Math.max(...week)
  for (let tries = 0; ; tries++) {
    const at = from + draw.unit() * (to - from)
    if (at < daysBefore(now, quietTo) && at >= daysBefore(now, quietFrom)) continue
    const date = new Date(at)
    const busy = hours[date.getUTCHours()]! * week[date.getUTCDay()]!
    // A window of a few hours may lie in a night with nothing in it: then any moment of it will do.
    if (draw.unit() * most < busy || tries > 500) return Math.floor(at)
  }
}
