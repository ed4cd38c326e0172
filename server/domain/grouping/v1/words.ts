// FROZEN (see ../v1.ts). Recognisers of what varies in a message. Each is asked at the beginning of a word and reads a
// bounded stretch: every quantifier below has an upper limit, or runs over one class of characters with nothing after
// it that could make it step back.
import { matchDigits } from './numbers.ts'
import type { Word } from './word.ts'

const UUID = /[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}(?![\da-z])/iy
const HEX_NUMBER = /0x[\da-f]{1,64}(?![\da-z])/iy
const EMAIL = /[\w.%+-]{1,64}@(?:[a-z\d-]{1,63}\.){1,8}[a-z]{2,24}(?![\da-z])/iy
const SCHEME = /[a-z][a-z\d+.:-]{1,30}:\/\//iy
const WWW = /www\.[a-z\d]/iy
const DATA_ADDRESS = /data:[a-z]{1,20}\/[\w.+-]{1,60}[;,]/iy
const IP4 =
  /(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\/\d{1,2})?(?![\w]|\.\d)/y
const IP6 = /[\da-f:]{2,39}(?:%\w{1,16})?(?![\w])/iy
const HARDWARE_ADDRESS = /[\da-f]{2}(?:[:-][\da-f]{2}){5}(?![\w:-])/iy
const ZONE = '(?:\\s?(?:Z|UTC|GMT)|\\s?[+-]\\d{2}:?\\d{2})?'
const CLOCK = `\\d{1,2}:\\d{2}(?::\\d{2}(?:[.,]\\d{1,9})?)?`
const ISO_DATE = new RegExp(`\\d{4}([-/.])\\d{1,2}\\1\\d{1,2}(?:[T ]${CLOCK})?${ZONE}(?!\\d)`, 'y')
const COMPACT_DATE = /\d{8}T\d{6}(?:\.\d{1,9})?Z?(?![\da-z])/iy
const DAY_FIRST_DATE = new RegExp(
  `\\d{1,2}(?:/\\d{1,2}/\\d{2,4}|([.-])\\d{1,2}\\1\\d{4})(?:,? ${CLOCK})?${ZONE}(?!\\d)`,
  'y',
)
const TIME = new RegExp(`${CLOCK}(?:\\s?[ap]m)?${ZONE}(?![\\d:])`, 'iy')
const DAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},? '
const MONTH = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\\.?'
const YEAR_AND_CLOCK = `(?:,? \\d{4})?(?:[ :,]{1,2}${CLOCK})?(?: \\d{4})?(?: (?:GMT|UTC)(?:[+-]\\d{4})?| [+-]\\d{4})?`
const MONTH_FIRST_DATE = new RegExp(`(?:${DAY})?${MONTH} \\d{1,2}(?!\\d)${YEAR_AND_CLOCK}`, 'y')
const DAY_MONTH_DATE = new RegExp(
  `(?:${DAY})?\\d{1,2}[ /-]${MONTH}[ /-]\\d{2,4}(?!\\d)(?:[ :,]{1,2}${CLOCK})?(?: (?:GMT|UTC)| [+-]\\d{4})?`,
  'y',
)
const TOKEN = /eyJ[\w-]{10,1000}(?:\.[\w-]{4,1000}){1,2}/y
const DRIVE = /[a-z]:[\\/]/iy

export function matchWord(text: string, at: number): Word | undefined {
  const c = text.charCodeAt(at)
  if (isDigit(c)) return matchDigitFirst(text, at)
  if (isLetter(c)) return matchLetterFirst(text, at)
  switch (c) {
    case SLASH:
    case POINT:
    case TILDE:
    case BACKSLASH:
      return matchPath(text, at)
    case COLON:
      return matchIp6(text, at)
    case PLUS:
    case MINUS:
      // A sign belongs to the number after it when nothing stands before it that it could join.
      return isDigit(text.charCodeAt(at + 1)) && isFree(text, at) ? matchDigits(text, at) : undefined
  }
  return undefined
}

function matchDigitFirst(text: string, at: number): Word | undefined {
  const after = digitsEnd(text, at)
  // Digits alone can only be a number, or the day of a date in words.
  if (after === text.length || PLAIN_AFTER.has(text.charCodeAt(after))) {
    return as('<date>', DAY_MONTH_DATE, text, at) ?? matchDigits(text, at)
  }
  return (
    as('<uuid>', UUID, text, at) ??
    as('<date>', ISO_DATE, text, at) ??
    as('<date>', COMPACT_DATE, text, at) ??
    as('<date>', DAY_FIRST_DATE, text, at) ??
    as('<date>', DAY_MONTH_DATE, text, at) ??
    as('<hex>', HARDWARE_ADDRESS, text, at) ??
    // After a colon it is more likely `file:line:column` than a time.
    (text[at - 1] === ':' ? undefined : as('<time>', TIME, text, at)) ??
    matchIp4(text, at) ??
    matchIp6(text, at) ??
    matchHexNumber(text, at) ??
    as('<email>', EMAIL, text, at) ??
    matchPath(text, at) ??
    matchDigits(text, at)
  )
}

function matchLetterFirst(text: string, at: number): Word | undefined {
  const word = wordEnd(text, at)
  const plain = matchPlainWord(text, at, word)
  if (plain) return plain
  return (
    matchAddress(text, at) ??
    as('<email>', EMAIL, text, at) ??
    as('<uuid>', UUID, text, at) ??
    as('<date>', MONTH_FIRST_DATE, text, at) ??
    as('<date>', DAY_MONTH_DATE, text, at) ??
    as('<id>', TOKEN, text, at) ??
    as('<hex>', HARDWARE_ADDRESS, text, at) ??
    matchIp6(text, at) ??
    matchPath(text, at) ??
    matchDigits(text, at) ?? { as: text.slice(at, word), end: word }
  )
}

/** Most words are letters with a space, a comma or a bracket behind: nothing to ask. */
function matchPlainWord(text: string, at: number, end: number): Word | undefined {
  const after = text.charCodeAt(end)
  if (end < text.length && !PLAIN_AFTER.has(after)) return undefined
  return MONTH_OR_DAY.has(text.slice(at, at + 3)) ? undefined : { as: text.slice(at, end), end }
}

const MONTH_OR_DAY = new Set(
  'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec Mon Tue Wed Thu Fri Sat Sun'.split(' '),
)

function digitsEnd(text: string, at: number): number {
  let end = at
  while (end < text.length && isDigit(text.charCodeAt(end))) end++
  return end
}

/** Where the run of letters ends. */
function wordEnd(text: string, at: number): number {
  let end = at
  while (end < text.length && isLetter(text.charCodeAt(end))) end++
  return end
}

function matchAddress(text: string, at: number): Word | undefined {
  SCHEME.lastIndex = at
  if (SCHEME.test(text)) return { as: '<url>', end: addressEnd(text, SCHEME.lastIndex) }
  WWW.lastIndex = at
  if (WWW.test(text)) return { as: '<url>', end: addressEnd(text, WWW.lastIndex) }
  DATA_ADDRESS.lastIndex = at
  return DATA_ADDRESS.test(text) ? { as: '<url>', end: addressEnd(text, DATA_ADDRESS.lastIndex) } : undefined
}

/** Up to what cannot be part of an address; the punctuation of the sentence is left outside. */
function addressEnd(text: string, from: number): number {
  let end = from
  while (end < text.length && !ENDS_ADDRESS.has(text.charCodeAt(end))) end++
  while (end > from && SENTENCE_END.has(text.charCodeAt(end - 1))) end--
  return end
}

function matchIp4(text: string, at: number): Word | undefined {
  // `version 1.2.3.4` is not an address, and neither is a part of a longer number.
  if (/version $/i.test(text.slice(Math.max(0, at - 8), at))) return undefined
  return text[at - 1] === '.' ? undefined : as('<ip>', IP4, text, at)
}

function matchIp6(text: string, at: number): Word | undefined {
  // Node writes "any address" and a port as `:::3000`.
  if (text.startsWith(':::', at) && isDigit(text.charCodeAt(at + 3))) return { as: '<ip>', end: at + 2 }
  IP6.lastIndex = at
  const found = IP6.exec(text)?.[0]
  if (found === undefined) return undefined
  const groups = found.split('%', 1)[0]!.split(':')
  const isCompressed = found.includes('::')
  if (isCompressed ? groups.length > 9 || !/\d/.test(found) : groups.length !== 8) return undefined
  return groups.every((group) => group.length <= 4) ? { as: '<ip>', end: at + found.length } : undefined
}

function matchHexNumber(text: string, at: number): Word | undefined {
  HEX_NUMBER.lastIndex = at
  if (!HEX_NUMBER.test(text)) return undefined
  const end = HEX_NUMBER.lastIndex
  // Windows' error codes are written like this, and mean something.
  const isCode =
    end - at <= 10 &&
    /(?:error|code|hresult|status|exception)[ :=(#]{1,3}$/i.test(text.slice(Math.max(0, at - 16), at))
  return { as: isCode ? text.slice(at, end) : '<hex>', end }
}

const EXTENSION = /\.[a-z][a-z\d]{0,7}(?::\d{1,9}){0,2}$/i

/** `/etc/hosts`, `./a`, `~/a`, `C:\a`, `\\host\a`, `src/a/b`, `src/a.js:10:5`; not `and/or`, `text/html`, `</div>`. */
function matchPath(text: string, at: number): Word | undefined {
  if (!isFree(text, at)) return undefined
  const end = pathEnd(text, at)
  const path = text.slice(at, end)
  return isPath(path, text[at - 1]) ? { as: '<path>', end } : undefined
}

function isPath(path: string, before: string | undefined): boolean {
  if (path.length < 2) return false
  DRIVE.lastIndex = 0
  if (DRIVE.test(path) || path.startsWith('\\\\')) return path.length > 3
  if (path.startsWith('//') || before === '<') return false
  const slashes = path.split('/').length - 1
  if (slashes === 0) return false
  if (/^(?:\/|\.{1,2}\/|~\/)[\w.@~{:[*-]/.test(path)) return true
  return /[a-z]/i.test(path) && !path.startsWith('@') && (slashes >= 2 || EXTENSION.test(path))
}

const MAX_PATH = 512

function pathEnd(text: string, at: number): number {
  const most = Math.min(text.length, at + MAX_PATH)
  let end = at
  while (end < most && !ENDS_PATH.has(text.charCodeAt(end))) end++
  while (end > at && SENTENCE_END.has(text.charCodeAt(end - 1))) end--
  return end
}

/** Nothing stands right before it that it could be the rest of. */
function isFree(text: string, at: number): boolean {
  if (at === 0) return true
  const before = text.charCodeAt(at - 1)
  return !isDigit(before) && !isLetter(before) && !JOINS.has(before)
}

function as(kind: string, pattern: RegExp, text: string, at: number): Word | undefined {
  pattern.lastIndex = at
  return pattern.test(text) ? { as: kind, end: pattern.lastIndex } : undefined
}

const codes = (characters: string): Set<number> => new Set([...characters].map((c) => c.charCodeAt(0)))

const PLUS = 0x2b
const MINUS = 0x2d
const POINT = 0x2e
const SLASH = 0x2f
const COLON = 0x3a
const BACKSLASH = 0x5c
const TILDE = 0x7e
const PLAIN_AFTER = codes(' \t\n\r\'"`(),;<>[]{}|!?=*&$#^')
const ENDS_ADDRESS = codes(' \t\n\r"\'`<>\\|^{}')
const ENDS_PATH = codes(' \t\n\r"\'`<>|()[]{},;')
const SENTENCE_END = codes('.,;:!?)]')
const JOINS = codes('._-/\\@~%+')

const isDigit = (c: number): boolean => c >= 0x30 && c <= 0x39
const isLetter = (c: number): boolean => (c >= 0x41 && c <= 0x5a) || (c >= 0x61 && c <= 0x7a) || c > 0x7f
