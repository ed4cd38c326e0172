// Secrets inside one text: card numbers, PEM blocks, `key=value` and `"key": value` under sensitive keys, passwords in
// addresses, bearer tokens. Scanners that go over the text once; every look back or ahead is bounded.
import type { SensitiveKeys } from './sensitive-keys.ts'

export const FILTERED = '[Filtered]'

/** What `scrubText` looks for; source code is spared the search for assignments. */
export type TextKind = 'text' | 'code'

/** Shortest text that can hold a secret we know: `pw=1`. */
const SHORTEST = 4

export function scrubText(text: string, keys: SensitiveKeys, kind: TextKind = 'text'): string {
  if (text.length < SHORTEST) return text
  const seen = look(text)
  if (seen === 0) return text
  let scrubbed = text
  if (seen & DASHES) scrubbed = withoutPem(scrubbed)
  if (seen & DIGITS) scrubbed = withoutCards(scrubbed)
  if (kind === 'code') return scrubbed
  if (seen & COLONS) {
    scrubbed = withoutUserInfo(scrubbed)
    scrubbed = withoutQuotedSecrets(scrubbed, keys)
  }
  if (seen & EQUALS) scrubbed = withoutAssigned(scrubbed, keys)
  return seen & SCHEME_WORDS ? withoutBearer(scrubbed) : scrubbed
}

const DIGITS = 1
const DASHES = 2
const COLONS = 4
const EQUALS = 8
const SCHEME_WORDS = 16

/** One cheap pass: which of the scanners have anything to look at. */
function look(text: string): number {
  let seen = 0
  let digits = 0
  let dashes = 0
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c > 0x3d) {
      digits = 0
      dashes = 0
    } else if (c >= 0x30 && c <= 0x39) {
      if (++digits === MIN_CARD_DIGITS) seen |= DIGITS
    } else if (c === 0x2d) {
      if (++dashes === 5) seen |= DASHES
    } else if (c === 0x20) {
      dashes = 0
      // Behind a word that ends like "Bearer" or "Basic".
      const before = text.charCodeAt(i - 1)
      if (before === 0x72 || before === 0x63) seen |= SCHEME_WORDS
    } else {
      digits = 0
      dashes = 0
      if (c === 0x3a) seen |= COLONS
      else if (c === 0x3d) seen |= EQUALS
    }
  }
  return seen
}

const PEM_BEGIN = '-----BEGIN '
const PEM_END = '-----END '

/** A block begins in this line and goes on in the next. */
export const opensPem = (line: string): boolean => line.lastIndexOf(PEM_BEGIN) > line.lastIndexOf(PEM_END)
export const closesPem = (line: string): boolean => line.includes(PEM_END)

/** A block without its end (cut off) goes to the end of the text. */
function withoutPem(text: string): string {
  let begin = text.indexOf(PEM_BEGIN)
  if (begin === -1) return text
  let out = ''
  let from = 0
  while (begin !== -1) {
    out += text.slice(from, begin) + FILTERED
    const end = text.indexOf(PEM_END, begin + PEM_BEGIN.length)
    if (end === -1) return out
    const close = text.indexOf('-----', end + PEM_END.length)
    if (close === -1) return out
    from = close + 5
    begin = text.indexOf(PEM_BEGIN, from)
  }
  return out + text.slice(from)
}

const MIN_CARD_DIGITS = 13
const MAX_CARD_DIGITS = 19

/** Runs of 13 to 19 digits, single spaces or dashes between them allowed, that a card maker could have issued. */
function withoutCards(text: string): string {
  let out = ''
  let from = 0
  let i = 0
  while (i < text.length) {
    if (!isDigit(text, i)) {
      i++
      continue
    }
    const begin = i
    let digits = ''
    let end = i
    while (i < text.length) {
      if (isDigit(text, i)) {
        if (digits.length <= MAX_CARD_DIGITS) digits += text[i]
        end = ++i
      } else if ((text[i] === ' ' || text[i] === '-') && isDigit(text, i + 1)) i++
      else break
    }
    // Part of a word or of a number with a fraction it is no card.
    if (isWordCharacter(text, begin - 1) || text[begin - 1] === '.' || isWordCharacter(text, end)) continue
    if (!isCardNumber(digits)) continue
    out += text.slice(from, begin) + FILTERED
    from = end
  }
  return from === 0 ? text : out + text.slice(from)
}

// First digits and lengths of the large makers; without them every tenth long number would pass the check digit.
const CARD =
  /^(?:4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2(?:2[2-9]|[3-6]\d|7[01])\d{13}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|6(?:011|5\d\d|4[4-9]\d)\d{12}|35\d{14}|62\d{14,17})$/

export function isCardNumber(digits: string): boolean {
  if (digits.length < MIN_CARD_DIGITS || digits.length > MAX_CARD_DIGITS || !CARD.test(digits)) return false
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    let digit = digits.charCodeAt(digits.length - 1 - i) - 0x30
    if (i % 2 === 1) digit = digit > 4 ? digit * 2 - 9 : digit * 2
    sum += digit
  }
  return sum % 10 === 0
}

const MAX_USER_INFO = 512

/** `scheme://user:password@host` → `scheme://[Filtered]@host`. */
function withoutUserInfo(text: string): string {
  let begin = text.indexOf('://')
  if (begin === -1) return text
  let out = ''
  let from = 0
  while (begin !== -1) {
    const start = begin + 3
    const at = userInfoEnd(text, start)
    if (at !== -1) {
      out += `${text.slice(from, start)}${FILTERED}`
      from = at
    }
    begin = text.indexOf('://', start)
  }
  return out + text.slice(from)
}

/** Where the last `@` before path, query or space stands; -1 when there is none. */
function userInfoEnd(text: string, start: number): number {
  let at = -1
  const most = Math.min(text.length, start + MAX_USER_INFO)
  for (let i = start; i < most; i++) {
    const c = text[i]!
    if (c === '@') at = i
    else if (c === '/' || c === '?' || c === '#' || c === ' ' || c === '"' || c === "'" || c === '\n') break
  }
  return at !== -1 && text.slice(start, at) !== FILTERED ? at : -1
}

const MAX_KEY = 64

/** `key=value`: in queries, form bodies, connection strings and messages. The value goes to the next separator. */
function withoutAssigned(text: string, keys: SensitiveKeys): string {
  let out = ''
  let from = 0
  for (let equals = text.indexOf('='); equals !== -1; equals = text.indexOf('=', equals + 1)) {
    if (equals < from) continue
    const key = keyBefore(text, equals)
    if (key === '' || !keys.has(key)) continue
    const begin = equals + 1
    const end = assignedEnd(text, begin)
    if (end === begin || text.startsWith(FILTERED, begin)) continue
    out += text.slice(from, begin) + FILTERED
    from = end
  }
  return from === 0 ? text : out + text.slice(from)
}

function keyBefore(text: string, end: number): string {
  let start = end
  const least = Math.max(0, end - MAX_KEY)
  while (start > least && isKeyCharacter(text.charCodeAt(start - 1))) start--
  const key = text.slice(start, end)
  return key.includes('%') ? decoded(key) : key
}

function decoded(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch {
    return key
  }
}

function assignedEnd(text: string, begin: number): number {
  const quote = text[begin]
  if (quote === '"' || quote === "'") {
    const close = text.indexOf(quote, begin + 1)
    return close === -1 ? text.length : close + 1
  }
  let end = begin
  // Basic and Bearer stand before what they announce.
  for (const scheme of SCHEMES) if (startsWithIgnoringCase(text, scheme, begin)) end = begin + scheme.length
  while (end < text.length && !ENDS_ASSIGNED.has(text.charCodeAt(end))) end++
  return end
}

const codes = (characters: string): Set<number> => new Set([...characters].map((c) => c.charCodeAt(0)))
const ENDS_ASSIGNED = codes(' \t\r\n&;,"\'<>)}]|')

/** `"key": value` and `'key': value`, with any depth of escaping; works on JSON that was cut off, too. */
function withoutQuotedSecrets(text: string, keys: SensitiveKeys): string {
  let out = ''
  let from = 0
  for (let colon = text.indexOf(':'); colon !== -1; colon = text.indexOf(':', colon + 1)) {
    if (colon < from) continue
    const quoted = quotedKeyBefore(text, colon)
    if (quoted === undefined || !keys.has(quoted.key)) continue
    const begin = skipSpaces(text, colon + 1)
    const end = valueEnd(text, begin, quoted.quote)
    const value = text.slice(begin, end)
    if (end === begin || HARMLESS_VALUES.has(value) || value === `${quoted.quote}${FILTERED}${quoted.quote}`)
      continue
    out += `${text.slice(from, begin)}${quoted.quote}${FILTERED}${quoted.quote}`
    from = end
  }
  return from === 0 ? text : out + text.slice(from)
}

const HARMLESS_VALUES = new Set(['null', 'true', 'false', 'None', 'True', 'False', 'undefined', '""', "''"])
const MAX_SPACES = 16

/** The key and its closing quote as written, backslashes included: `\"token\"` → token, `\"`. */
function quotedKeyBefore(text: string, colon: number): { key: string; quote: string } | undefined {
  let close = colon
  while (close > 0 && colon - close < MAX_SPACES && text[close - 1] === ' ') close--
  const mark = text[close - 1]
  if (mark !== '"' && mark !== "'") return undefined
  let end = close - 1
  while (end > 0 && close - end < MAX_SPACES && text[end - 1] === '\\') end--
  let start = end
  const least = Math.max(0, end - MAX_KEY)
  while (start > least && isKeyCharacter(text.charCodeAt(start - 1))) start--
  if (start === end || text[start - 1] !== mark) return undefined
  return { key: text.slice(start, end), quote: text.slice(end, close) }
}

function skipSpaces(text: string, from: number): number {
  let i = from
  while (i < text.length && (text[i] === ' ' || text[i] === '\n' || text[i] === '\t' || text[i] === '\r')) i++
  return i
}

function valueEnd(text: string, begin: number, quote: string): number {
  if (text.startsWith(quote, begin)) return closingQuote(text, begin + quote.length, quote)
  if (text[begin] === '{' || text[begin] === '[') return closingBracket(text, begin)
  // Python may write the value in the other quotes.
  if (text[begin] === '"' || text[begin] === "'") return closingQuote(text, begin + 1, text[begin]!)
  let end = begin
  while (end < text.length && !ENDS_ASSIGNED.has(text.charCodeAt(end))) end++
  return end
}

/** Behind the next quote with as many backslashes as the opening one had. */
function closingQuote(text: string, from: number, quote: string): number {
  const mark = quote.at(-1)!
  const escapes = quote.length - 1
  for (let i = text.indexOf(mark, from); i !== -1; i = text.indexOf(mark, i + 1)) {
    let slashes = 0
    while (slashes <= escapes + 1 && text[i - 1 - slashes] === '\\') slashes++
    if (escapes === 0 ? !isEscaped(text, i, from) : slashes === escapes) return i + 1
  }
  return text.length
}

function isEscaped(text: string, quote: number, from: number): boolean {
  let slashes = 0
  for (let i = quote - 1; i >= from && text[i] === '\\'; i--) slashes++
  return slashes % 2 === 1
}

/** Behind the bracket that closes the one at `begin`; strings inside are not looked into closely. */
function closingBracket(text: string, begin: number): number {
  let depth = 0
  for (let i = begin; i < text.length; i++) {
    const c = text[i]!
    if (c === '{' || c === '[') depth++
    else if ((c === '}' || c === ']') && --depth === 0) return i + 1
  }
  return text.length
}

const SCHEMES = ['bearer ', 'basic ']
/** Shorter words behind "Bearer" or "Basic" are prose. */
const MIN_CREDENTIAL = 12

/** `Bearer eyJ…`, `Basic dXNlcj…` wherever they stand. */
function withoutBearer(text: string): string {
  let scrubbed = text
  for (const scheme of ['Bearer ', 'bearer ', 'Basic '])
    if (scrubbed.includes(scheme)) scrubbed = withoutScheme(scrubbed, scheme)
  return scrubbed
}

function withoutScheme(text: string, scheme: string): string {
  let out = ''
  let from = 0
  for (let i = text.indexOf(scheme); i !== -1; i = text.indexOf(scheme, i + scheme.length)) {
    const begin = i + scheme.length
    let end = begin
    while (end < text.length && isCredentialCharacter(text.charCodeAt(end))) end++
    if (end - begin < MIN_CREDENTIAL) continue
    out += text.slice(from, begin) + FILTERED
    from = end
  }
  return from === 0 ? text : out + text.slice(from)
}

const startsWithIgnoringCase = (text: string, start: string, at: number): boolean =>
  text.slice(at, at + start.length).toLowerCase() === start

function isDigit(text: string, at: number): boolean {
  const c = text.charCodeAt(at)
  return c >= 0x30 && c <= 0x39
}

function isWordCharacter(text: string, at: number): boolean {
  const c = text.charCodeAt(at)
  return (c >= 0x30 && c <= 0x39) || (c >= 0x41 && c <= 0x5a) || (c >= 0x61 && c <= 0x7a) || c === 0x5f
}

/** Letters, digits and `_ - . % $ [ ]`: `user[password]`, `user%5Bpassword%5D`. */
const isKeyCharacter = (c: number): boolean =>
  (c >= 0x30 && c <= 0x39) ||
  (c >= 0x41 && c <= 0x5b) ||
  (c >= 0x61 && c <= 0x7a) ||
  c === 0x5f ||
  c === 0x2d ||
  c === 0x2e ||
  c === 0x25 ||
  c === 0x24 ||
  c === 0x5d

/** Base64 in both alphabets, and the points of a JWT. */
const isCredentialCharacter = (c: number): boolean =>
  (c >= 0x2d && c <= 0x39) ||
  (c >= 0x41 && c <= 0x5a) ||
  (c >= 0x61 && c <= 0x7a) ||
  c === 0x5f ||
  c === 0x2b ||
  c === 0x3d ||
  c === 0x7e
