// What would be stored if it went on like this, pure. An event lives its retention and up to six days more to the Monday
// its week is dropped on: three on average, over the days of a week. So much of a day's events is there once the oldest
// go as fast as the newest come.
import { RETENTION_DAYS } from '#shared/constants/limits.ts'
import type { Projection, StoredAmount } from '#shared/schemas/storage.ts'
import { addDays } from '../retention/rule.ts'

const RATE_OVER_DAYS = 7
const TO_THE_MONDAY_DAYS = 3
const SAMPLE_RATES = [0.5, 0.25, 0.1, 0.01] as const

interface Day extends StoredAmount {
  receivedOn: string
}

export const times = ({ events, bytes }: StoredAmount, factor: number): StoredAmount => ({
  events: Math.round(events * factor),
  bytes: Math.round(bytes * factor),
})
export const steadySize = (perDay: StoredAmount, retentionDays: number): StoredAmount =>
  times(perDay, retentionDays + TO_THE_MONDAY_DAYS)

/**
 * Stored per day over the last full UTC days, not before the first event; null without such a day.
 * @param firstDay the UTC day of the first event
 */
export function ratePerDay(
  days: readonly Day[],
  { today, firstDay }: { today: string; firstDay: string | null },
): { overDays: number; perDay: StoredAmount } | null {
  if (firstDay === null || firstDay >= today) return null
  const from = [addDays(today, -RATE_OVER_DAYS), firstDay].sort().at(-1)!
  const overDays = Math.round((Date.parse(today) - Date.parse(from)) / 86_400_000)
  const sum = { events: 0, bytes: 0 }
  for (const { receivedOn, events, bytes } of days)
    if (receivedOn >= from && receivedOn < today) {
      sum.events += events
      sum.bytes += bytes
    }
  return { overDays, perDay: times(sum, 1 / overDays) }
}

export function project(
  rate: { overDays: number; perDay: StoredAmount } | null,
  { retentionDays, sampleRate }: { retentionDays: number; sampleRate: number },
): Projection | null {
  if (!rate) return null
  const size = steadySize(rate.perDay, retentionDays)
  return {
    ...rate,
    size,
    retentions: RETENTION_DAYS.map((days) => ({ retentionDays: days, ...steadySize(rate.perDay, days) })),
    // Of a share that is stored already, a smaller one.
    samplings: SAMPLE_RATES.filter((share) => share < sampleRate).map((share) => ({
      sampleRate: share,
      ...times(size, share / sampleRate),
    })),
  }
}
