// `since` and `until` of list and chart routes: an ISO time or an age such as `24h`. Comes in: the words of the
// address and the moment ages count from. Goes out: instants. What is no time is a 400 that names the parameter.
import { DomainError } from '../errors.ts'

export interface RangeWords {
  since?: string | undefined
  until?: string | undefined
}
export interface Range {
  since: Date | null
  until: Date | null
  /** `since` is an age and the end is open: the range moves along with the clock. */
  sliding: boolean
}

const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 } as const
const AGE = /^(\d{1,4})([mhdw])$/
/** PostgreSQL and JavaScript agree about everything between these; nothing of ours lies outside. */
const EARLIEST = Date.UTC(1970)
const LATEST = Date.UTC(9999)

/** @param fallback the age that stands for a missing `since`; without it the range is open there */
export function parseRange({ since, until }: RangeWords, now: Date, fallback?: string): Range {
  const start = since ?? fallback
  const range = {
    since: start === undefined ? null : parseBound('since', start, now),
    until: until === undefined ? null : parseBound('until', until, now),
    sliding: start !== undefined && AGE.test(start) && until === undefined,
  }
  if (range.since && range.until && range.since > range.until) throw invalid('since', 'lies behind until')
  return range
}

function parseBound(name: string, words: string, now: Date): Date {
  const age = AGE.exec(words)
  const ms = age
    ? now.getTime() - Number(age[1]) * UNIT_MS[age[2] as keyof typeof UNIT_MS] // the pattern lets no other unit in
    : Date.parse(withZone(words))
  if (Number.isNaN(ms)) throw invalid(name, 'is not a time')
  return new Date(Math.min(Math.max(ms, EARLIEST), LATEST))
}

/** A time without a zone is UTC; JavaScript would read it in the server's own. */
const withZone = (words: string) =>
  /T.*(Z|[+-]\d\d:\d\d)$/.test(words) || !words.includes('T') ? words : `${words}Z`

const invalid = (name: string, problem: string) =>
  new DomainError(
    'validation_failed',
    { in: 'query', problems: [{ path: name, message: problem }] },
    `${name}: ${problem}`,
  )
