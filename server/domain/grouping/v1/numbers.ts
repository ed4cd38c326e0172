// FROZEN (see ../v1.ts). Words with digits in them: numbers, durations, ids, hashes, and the codes that are kept.
import type { Word } from './word.ts'

const RUN = /[A-Za-z\d]{1,256}/y
// Decimals, thousands and lists without spaces are one number: `1,234.5`, `[1,2,3]`.
const NUMBER = /[+-]?\d{1,100}(?:[.,]\d{1,100}){0,50}(?:e[+-]?\d{1,4})?/iy
const UNIT =
  /(?:m|h|d)(?![a-z])|\s?(?:ns|us|µs|μs|ms|s|secs?|mins?|hrs?|nanoseconds?|microseconds?|milliseconds?|seconds?|minutes?|hours?|days?|msec)(?![a-z])/iy
const FURTHER_DURATION = /\d{1,9}(?:\.\d{1,9})?(?:ms|s|m|h)(?![a-z])/iy
const EXPONENT_RUN = /^\d+e\d+$/i
const NAMED_VERSION = /v\d{1,9}(?:\.\d{1,9}){0,4}(?:-[a-z][\w.]{0,30})?(?![\w]|\.\d)/iy
const DOTTED = /\d{1,9}(?:\.\d{1,9}){1,4}(?:-[a-z][\w.]{0,30})?(?![\w]|\.\d)/iy

export function matchDigits(text: string, at: number): Word | undefined {
  const isSigned = text[at] === '-' || text[at] === '+'
  RUN.lastIndex = isSigned ? at + 1 : at
  const run = RUN.exec(text)?.[0]
  if (run === undefined || !/\d/.test(run)) return undefined
  if (/^\d+$/.test(run) || EXPONENT_RUN.test(run)) return matchNumber(text, at)
  NAMED_VERSION.lastIndex = at
  if (NAMED_VERSION.test(text))
    return { as: text.slice(at, NAMED_VERSION.lastIndex), end: NAMED_VERSION.lastIndex }
  const end = RUN.lastIndex
  const digitsFirst = /^(\d+)([A-Za-z]+)$/.exec(run)
  if (digitsFirst) return matchWithUnit(text, at, end, digitsFirst[1]!, digitsFirst[2]!)
  return matchMixed(text, at, end, run)
}

function matchNumber(text: string, at: number): Word {
  const version = matchVersion(text, at)
  if (version) return version
  NUMBER.lastIndex = at
  NUMBER.test(text)
  const end = NUMBER.lastIndex
  const number = text.slice(at, end)
  if (isKept(text, at, end, number)) return { as: number, end }
  const unit = unitEnd(text, end)
  return unit === end ? { as: '<number>', end } : { as: '<duration>', end: unit }
}

function unitEnd(text: string, at: number): number {
  UNIT.lastIndex = at
  if (!UNIT.test(text)) return at
  let end = UNIT.lastIndex
  for (;;) {
    FURTHER_DURATION.lastIndex = end
    if (!FURTHER_DURATION.test(text)) return end
    end = FURTHER_DURATION.lastIndex
  }
}

/** `1.2.3`, `1.2.3-beta.1`; `1.2` only where the text says that it is a version. */
function matchVersion(text: string, at: number): Word | undefined {
  DOTTED.lastIndex = at
  if (!DOTTED.test(text)) return undefined
  const end = DOTTED.lastIndex
  const version = text.slice(at, end)
  const isVersion =
    (version.match(/\./g)?.length ?? 0) >= 2 || SAYS_VERSION.test(text.slice(Math.max(0, at - 16), at))
  return isVersion ? { as: version, end } : undefined
}

const SAYS_VERSION =
  /(?:\b(?:version|ver|v|release|node|nodejs|node\.js|python|ruby|php|java|go|npm|tls|api|postgresql|mysql|openssl)[ :=v]{1,3}|[a-z][/@]v?|\bv)$/i

// Said right before a number, these make it a code that means something.
const SAYS_CODE =
  /(?:\b(?:errno|code|errorcode|error_code|statuscode|status_code|ecode|winerror|sqlcode|sqlstate|hresult|rc|exit|exitcode|exit_code|signal|sig|status|port|version|http)(?: (?:is|was|of|number|no\.?|with|by|on))?|\bexited with|\b(?:os )?error(?: number| no\.?)?)(?:\s?[:=#([]{1,2}\s?|\s)"?$/i
const SAYS_ERROR_AS_HEADING = /\berror:\s$/i
const SAYS_ANSWER = /\b(?:https?|responded with|response|returned|got|received|answered with)[ :(]{1,2}$/i
const ANSWERS_REQUEST = /\b(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) \S{1,40} $/
const MYSQL_STATE = /\berror \d{1,5} \($/i
const REASON =
  /[\s:,)-]{1,3}(?:bad request|unauthorized|payment required|forbidden|not found|method not allowed|not acceptable|request timeout|conflict|gone|payload too large|request entity too large|too many requests|unprocessable|internal server error|internal error|not implemented|bad gateway|service unavailable|gateway time|moved|not modified|error)/iy

function isKept(text: string, at: number, end: number, number: string): boolean {
  const digits = number.replace(/^[+-]/, '')
  if (!/^\d{1,6}$/.test(digits)) return false
  const before = text.slice(Math.max(0, at - 40), at)
  if (SAYS_CODE.test(before) && !SAYS_ERROR_AS_HEADING.test(before)) return true
  if (MYSQL_STATE.test(before)) return true
  if (text[at - 1] === ':' && isPort(before, Number(digits))) return true
  return digits.length === 3 && isHttpStatus(text, before, end, Number(digits))
}

function isHttpStatus(text: string, before: string, end: number, status: number): boolean {
  if (status < 100 || status > 599) return false
  if (/\bHTTP\/[\d.]{1,3} $/i.test(before) || ANSWERS_REQUEST.test(before)) return true
  REASON.lastIndex = end
  return (status >= 400 && SAYS_ANSWER.test(before)) || (status >= 300 && REASON.test(text))
}

const WELL_KNOWN_PORTS = new Set([
  ...[
    21, 22, 25, 53, 80, 110, 143, 389, 443, 465, 587, 636, 993, 995, 1433, 1521, 1883, 2181, 2375, 2379, 3000,
  ],
  ...[
    3306, 4222, 4317, 4318, 5000, 5432, 5672, 6379, 6432, 8000, 8080, 8081, 8086, 8123, 8443, 8888, 9000,
    9042,
  ],
  ...[9090, 9092, 9200, 9300, 11211, 15672, 26379, 27017, 50051],
])
const HOST_BEFORE = /(?:^|[\s"'`(=/@,[])([\w.-]{1,40}|[\da-f:]{2,39}|\[[\da-f:.]{2,39}\]):$/i
const FILE_EXTENSION =
  /\.(?:[cm]?[jt]sx?|py|rb|php|java|kt|go|rs|cs|cpp|cc|[ch]|swift|m|vue|svelte|html?|css|json|ya?ml|sql|sh|log|txt|ex|exs|dart|scala)$/i

/** `db.example.com:5432`, `localhost:3000`, `<ip>:80`, `redis:6379`; not `app.js:10` or `id:123`. */
function isPort(before: string, port: number): boolean {
  if (port > 65_535) return false
  const host = HOST_BEFORE.exec(before)?.[1]
  if (host === undefined) return false
  if (host.includes(':') || host.toLowerCase() === 'localhost') return true
  if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(host)) return true
  if (host.includes('.')) return /\.[a-z]{2,24}$/i.test(host) && !FILE_EXTENSION.test(host)
  return WELL_KNOWN_PORTS.has(port) && /[a-z]/i.test(host)
}

/** `30s`, `12KB`; `2FA` and `4xx` are names. */
function matchWithUnit(text: string, at: number, end: number, digits: string, letters: string): Word {
  const start = end - digits.length - letters.length
  const unit = unitEnd(text, start + digits.length)
  if (unit > start + digits.length) return { as: '<duration>', end: unit }
  // `2m30s`: the letters are a unit with more of the duration behind.
  const run = text.slice(start, end)
  if (letters.length <= 3 && SIZE.test(letters)) return { as: `<number>${letters}`, end }
  if (digits.length === 1 && letters.length <= 3) return { as: text.slice(at, end), end }
  const hash = hexOrHash(run)
  if (hash !== undefined) return { as: hash, end }
  // SQLSTATE 42P01 has its digits on both sides; `22P` cannot be one.
  return { as: letters.length <= 3 ? `<number>${letters}` : opaque(run), end }
}

const SIZE = /^(?:[kmgtp]?i?b|[kmg]|px|x|st|nd|rd|th|hz|khz|mhz|ghz)$/i

function matchMixed(text: string, at: number, end: number, run: string): Word {
  const duration = DURATION_RUN.test(run)
  if (duration) return { as: '<duration>', end }
  const before = text.slice(Math.max(0, at - 24), at)
  // SQLSTATE has five characters, mixed as it pleases: 42P01, HY000, 2BP01.
  if (
    run.length === 5 &&
    /^[\dA-Z]{5}$/.test(run) &&
    /(?:sqlstate|\berror \d{1,5}|\bcode)[ :=([]{1,3}$/i.test(before)
  ) {
    return { as: run, end }
  }
  const hash = hexOrHash(run)
  if (hash !== undefined) return { as: hash, end }
  const named = /^([A-Za-z]+)(\d+)$/.exec(run)
  if (named) return { as: nameWithNumber(run, named[1]!, named[2]!), end }
  const kind = opaque(run)
  return kind === run ? { as: run, end } : { as: kind, end: absorbed(text, end) }
}

const DURATION_RUN = /^(?:\d{1,9}d)?(?:\d{1,9}h)?(?:\d{1,9}m)?(?:\d{1,9}s)?(?:\d{1,9}ms)?$/

/** 6 or more hexadecimal digits of which some are digits; the lengths of MD5, SHA-1, SHA-256 … are hashes. */
function hexOrHash(run: string): string | undefined {
  if (run.length < 6 || !/^[\da-f]+$/i.test(run) || !/[a-f]/i.test(run)) return undefined
  if ([32, 40, 56, 64, 96, 128].includes(run.length)) return '<hash>'
  return run.length >= 8 || switches(run) >= 2 ? '<hex>' : undefined
}

// Names that end in a number which belongs to them.
const NUMBERED_NAMES =
  /^(?:sha|aes|rsa|int|uint|float|es|http|h|x|iso|windows|cp|bcp|rfc|latin|utf|ucs|md|base|win|arm|ipv|v|e)$/i

/** `P2002`, `TS2345`, `E11000` are codes, `utf8` a name, `order10293` has a number in it. */
function nameWithNumber(run: string, letters: string, digits: string): string {
  if (digits.length <= 2) return run
  if (digits.length <= 6 && letters.length <= 4 && letters === letters.toUpperCase()) return run
  return digits.length <= 5 && NUMBERED_NAMES.test(letters) ? run : `${letters}<number>`
}

/** Letters and digits taking turns, or many of both: an id nobody chose. */
function opaque(run: string): string {
  const turns = switches(run)
  const digits = run.replace(/\D/g, '').length
  return (turns >= 3 && run.length >= 8) || (run.length >= 12 && digits >= 4 && turns >= 2) ? '<id>' : run
}

function switches(run: string): number {
  let count = 0
  for (let i = 1; i < run.length; i++) if (isDigit(run, i) !== isDigit(run, i - 1)) count++
  return count
}

function isDigit(text: string, at: number): boolean {
  const c = text.charCodeAt(at)
  return c >= 0x30 && c <= 0x39
}

const MORE_OF_ID = /(?:[_-][A-Za-z\d]{1,64}){1,16}/y

/** Ids of some makers hold `_` and `-`: what follows an opaque part belongs to it. */
function absorbed(text: string, end: number): number {
  MORE_OF_ID.lastIndex = end
  return MORE_OF_ID.test(text) ? MORE_OF_ID.lastIndex : end
}
