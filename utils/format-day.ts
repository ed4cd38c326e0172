// A UTC day, `YYYY-MM-DD`, as people write it. It has no zone to turn it into: retention counts days of UTC.
const format = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'UTC',
  day: 'numeric',
  month: 'short',
  year: 'numeric',
})

/** "2026-11-29" → "29 Nov 2026"; what is no day stays a dash. */
export function formatDay(day: string): string {
  const date = new Date(`${day}T00:00:00Z`)
  return Number.isNaN(date.getTime()) ? '–' : format.format(date)
}
