// Times of a payload → ISO 8601 UTC with milliseconds. SDKs send RFC 3339 (with micro- or nanoseconds, with or without
// a zone, with a space for the T) or unix time as number or text, in seconds, milliseconds, micro- or nanoseconds.
import { CLOCK_DRIFT_MINUTES, MAX_AGE_DAYS, MAX_FUTURE_SECONDS } from '#shared/constants/limits.ts'
import type { Notes } from './notes.ts'

const TEXT_TIME =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9})\d{0,9})?)?\s?(?:([Zz]|UTC)|([+-])(\d{2}):?(\d{2})?)?)?$/
const UNIX_TIME = /^-?\d{1,19}(?:\.\d{1,9})?$/
const MAX_TIME_CHARACTERS = 48
/** ECMAScript's own bound: beyond it a Date is invalid. */
const MAX_TIME_MS = 8.64e15

/** Milliseconds since 1970, or undefined when it is not a time. */
export function parseTime(value: unknown): number | undefined {
  if (typeof value === 'number') return fromUnix(value)
  if (typeof value !== 'string' || value.length > MAX_TIME_CHARACTERS) return undefined
  const text = value.trim()
  if (UNIX_TIME.test(text)) return fromUnix(Number(text))
  const found = TEXT_TIME.exec(text)
  if (!found) return undefined
  const [, year, month, day, hour, minute, second, fraction, , sign, zoneHours, zoneMinutes] = found
  const days = Date.UTC(Number(year), Number(month) - 1, Number(day))
  // Date.UTC rolls over: 31 February would become March.
  if (new Date(days).getUTCDate() !== Number(day) || Number(month) > 12 || Number(month) < 1) return undefined
  const h = Number(hour ?? 0)
  const m = Number(minute ?? 0)
  const s = Number(second ?? 0)
  if (h > 24 || m > 59 || s > 60) return undefined
  const milliseconds = fraction === undefined ? 0 : Math.floor(Number(`0.${fraction}`) * 1000 + 1e-6)
  const zone = (Number(zoneHours ?? 0) * 60 + Number(zoneMinutes ?? 0)) * (sign === '-' ? -1 : 1)
  return days + ((h * 60 + m - zone) * 60 + s) * 1000 + milliseconds
}

function fromUnix(value: number): number | undefined {
  if (!Number.isFinite(value)) return undefined
  const size = Math.abs(value)
  // Seconds have 10 digits until the year 2286; three digits more is milliseconds, and so on.
  const ms = size < 1e11 ? value * 1000 : size < 1e14 ? value : size < 1e17 ? value / 1e3 : value / 1e6
  const rounded = Math.round(ms)
  return Math.abs(rounded) <= MAX_TIME_MS ? rounded : undefined
}

/** How far the sender's clock is behind ours, in ms; 0 unless `sent_at` shows a difference worth correcting. */
export function clockDrift(sentAt: string | undefined, receivedAt: number, notes: Notes): number {
  if (sentAt === undefined) return 0
  const sent = parseTime(sentAt)
  if (sent === undefined) return 0
  const drift = receivedAt - sent
  if (Math.abs(drift) <= CLOCK_DRIFT_MINUTES * 60_000) return 0
  notes.replaced('timestamp', `the sender's clock is ${describeDrift(drift)}; all times were shifted`)
  return drift
}

/** The event's own time if it is believable, else the receive time with a note. */
export function eventTime(value: unknown, receivedAt: number, drift: number, notes: Notes): number {
  if (value === undefined || value === null || value === '') return receivedAt
  const time = parseTime(value)
  if (time === undefined) {
    notes.replaced('timestamp', 'not a time; the receive time is used')
    return receivedAt
  }
  const corrected = time + drift
  if (corrected > receivedAt + MAX_FUTURE_SECONDS * 1000) {
    notes.replaced('timestamp', `more than ${MAX_FUTURE_SECONDS} seconds ahead; the receive time is used`)
    return receivedAt
  }
  if (corrected < receivedAt - MAX_AGE_DAYS * 86_400_000) {
    notes.replaced('timestamp', `more than ${MAX_AGE_DAYS} days old; the receive time is used`)
    return receivedAt
  }
  return corrected
}

const DAY_MS = 86_400_000
let lastDay = Number.NaN
let lastDate = ''

/** What `toISOString` gives, several times faster: nearly all times of an event are of the same day. */
export function isoTime(ms: number): string {
  const day = Math.floor(ms / DAY_MS)
  if (day !== lastDay) {
    lastDate = new Date(day * DAY_MS).toISOString().slice(0, -'00:00:00.000Z'.length)
    lastDay = day
  }
  const rest = ms - day * DAY_MS
  const s = Math.floor(rest / 1000)
  return `${lastDate}${two(Math.floor(s / 3600))}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}.${three(rest % 1000)}Z`
}

const two = (n: number): string => (n < 10 ? `0${n}` : `${n}`)
const three = (n: number): string => (n < 10 ? `00${n}` : n < 100 ? `0${n}` : `${n}`)

function describeDrift(drift: number): string {
  const minutes = Math.round(Math.abs(drift) / 60_000)
  const amount = minutes < 120 ? `${minutes} minutes` : `${Math.round(minutes / 60)} hours`
  return `${amount} ${drift > 0 ? 'slow' : 'fast'}`
}
