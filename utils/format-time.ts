// Times as people read them: how long ago at a glance, the exact moment with its zone on hover.
// Pure: "now" and the zone are given, so that the server and the browser can write the same text.

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const MONTH = 30.44 * DAY
const YEAR = 365.25 * DAY

const STEPS = [
  [YEAR, 'y', 'yr'],
  [MONTH, 'mo', 'mo'],
  [DAY, 'd', 'd'],
  [HOUR, 'h', 'hr'],
  [MINUTE, 'm', 'min'],
] as const

/** "3m", "2h", "5d", "4mo"; under a minute "now". For table columns. */
export function formatAge(then: number, now: number): string {
  const age = Math.max(0, now - then)
  const step = STEPS.find(([size]) => age >= size)
  return step ? `${Math.floor(age / step[0])}${step[1]}` : 'now'
}

/** "just now", "3 min ago", "in 2 hr". For sentences. */
export function formatTimeAgo(then: number, now: number): string {
  const age = now - then
  const step = STEPS.find(([size]) => Math.abs(age) >= size)
  if (!step) return 'just now'
  // What lies ahead is rounded: a link made for 7 days is good for 7 days, not for 6, a second later.
  return age >= 0
    ? `${Math.floor(age / step[0])} ${step[2]} ago`
    : `in ${Math.round(-age / step[0])} ${step[2]}`
}

/** "Mon, 23 Nov 2026, 10:04:05.123 GMT+1"; an unknown date stays a dash. */
export function formatExactTime(time: string | number | Date, timeZone = 'UTC'): string {
  const date = new Date(time)
  if (Number.isNaN(date.getTime())) return '–'
  return new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
    timeZoneName: 'short',
  }).format(date)
}

/** Distance to the error: -3204 → "−3.2 s", -65000 → "−1 m 5 s", 0 → "0 s". */
export function formatOffset(milliseconds: number): string {
  if (!Number.isFinite(milliseconds)) return '–'
  const size = Math.abs(milliseconds)
  const sign = milliseconds < 0 ? '−' : milliseconds > 0 ? '+' : ''
  if (size < SECOND) return size === 0 ? '0 s' : `${sign}${Math.round(size)} ms`
  if (size < MINUTE) return `${sign}${(size / SECOND).toFixed(1)} s`
  if (size < HOUR) return `${sign}${Math.floor(size / MINUTE)} m ${Math.floor((size % MINUTE) / SECOND)} s`
  if (size < DAY) return `${sign}${Math.floor(size / HOUR)} h ${Math.floor((size % HOUR) / MINUTE)} m`
  return `${sign}${Math.floor(size / DAY)} d ${Math.floor((size % DAY) / HOUR)} h`
}
