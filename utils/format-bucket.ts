// The time of a chart's bucket: short under the axis, exact with its end in tooltip and table.
import type { Outcomes } from '#shared/schemas/stats'

export type Interval = Outcomes['interval']
const MINUTE = 60_000
/** Days may be 23 or 25 hours long; their end is only shown by date. */
const LENGTH: Record<Interval, number> = {
  '1m': MINUTE,
  '15m': 15 * MINUTE,
  '1h': 60 * MINUTE,
  '1d': 1_440 * MINUTE,
}

const parts = (timeZone: string, options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat('en-GB', { timeZone, ...options })

/** "14:00"; at midnight and for days "23 Nov". Hours are those of UTC: where a zone is half an hour off, the first one
 * that begins in a day bears its date. */
export function formatBucketTick(start: string, interval: Interval, timeZone: string): string {
  const date = new Date(start)
  const clock = parts(timeZone, { hour: '2-digit', minute: '2-digit' }).format(date)
  const begins = interval === '1h' ? clock.startsWith('00:') : clock === '00:00'
  if (interval !== '1d' && !begins) return clock
  return parts(timeZone, { day: 'numeric', month: 'short' }).format(date)
}

/** "Mon 23 Nov, 14:00 – 15:00" or "Mon 23 Nov 2026". */
export function formatBucketRange(start: string, interval: Interval, timeZone: string): string {
  const date = new Date(start)
  const day = parts(timeZone, { weekday: 'short', day: 'numeric', month: 'short' })
    .format(date)
    .replace(',', '')
  if (interval === '1d') return `${day} ${parts(timeZone, { year: 'numeric' }).format(date)}`
  const clock = parts(timeZone, { hour: '2-digit', minute: '2-digit' })
  return `${day}, ${clock.format(date)} – ${clock.format(date.getTime() + LENGTH[interval])}`
}

/** Steps between two ticks that fall on minutes and hours people know. */
const MINUTE_STEPS = [5, 10, 15, 30]
const HOUR_STEPS = [1, 2, 3, 4, 6, 12]

/** Which buckets get a tick, so that at most `wanted` are shown, at round hours, midnights or evenly spread days. */
export function tickedBuckets(
  starts: readonly string[],
  interval: Interval,
  timeZone: string,
  wanted: number,
): ReadonlySet<number> {
  const indices = [...starts.keys()]
  const every = (step: number) => new Set(indices.filter((index) => index % step === 0))
  if (interval === '1d') return every(Math.max(1, Math.ceil(starts.length / wanted)))
  const clock = parts(timeZone, { hour: 'numeric', minute: 'numeric', hourCycle: 'h23' })
  const minutes = starts.map((start) => {
    const [hour = 0, minute = 0] = clock.format(new Date(start)).split(':').map(Number)
    return interval === '1h' ? 60 * hour : 60 * hour + minute
  })
  const onThe = (step: number) => new Set(indices.filter((index) => (minutes[index] ?? NaN) % step === 0))
  const steps = [...(interval === '1m' ? MINUTE_STEPS : []), ...HOUR_STEPS.map((hours) => 60 * hours)]
  const found = steps.map(onThe).find(({ size }) => size > 0 && size <= wanted) ?? onThe(1_440)
  if (found.size && found.size <= wanted) return found
  return every(Math.max(1, Math.ceil(starts.length / wanted)))
}
