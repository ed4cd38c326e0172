// Secrets that show by their form, wherever they stand: PEM blocks, card numbers, passwords in addresses, bearer
// tokens. Scanners that go over the text once; every look ahead is bounded or ends the text.

export const FILTERED = '[Filtered]'

const PEM_BEGIN = '-----BEGIN '
const PEM_END = '-----END '

/** A block begins in this line and goes on in the next. */
export const opensPem = (line: string): boolean => line.lastIndexOf(PEM_BEGIN) > line.lastIndexOf(PEM_END)
export const closesPem = (line: string): boolean => line.includes(PEM_END)

/** A block without its end (cut off) goes to the end of the text. */
export function withoutPem(text: string): string {
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

export const MIN_CARD_DIGITS = 13
const MAX_CARD_DIGITS = 19

/** Runs of 13 to 19 digits, single spaces or dashes between them allowed, that a card maker could have issued. */
export function withoutCards(text: string): string {
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
export function withoutUserInfo(text: string): string {
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

/** Shorter words behind "Bearer" or "Basic" are prose. */
const MIN_CREDENTIAL = 12

/** `Bearer eyJ…`, `Basic dXNlcj…` wherever they stand. */
export function withoutBearer(text: string): string {
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

function isDigit(text: string, at: number): boolean {
  const c = text.charCodeAt(at)
  return c >= 0x30 && c <= 0x39
}

function isWordCharacter(text: string, at: number): boolean {
  const c = text.charCodeAt(at)
  return (c >= 0x30 && c <= 0x39) || (c >= 0x41 && c <= 0x5a) || (c >= 0x61 && c <= 0x7a) || c === 0x5f
}

/** Base64 in both alphabets, and the points of a JWT. */
const isCredentialCharacter = (c: number): boolean =>
  (c >= 0x2d && c <= 0x39) ||
  (c >= 0x41 && c <= 0x5a) ||
  (c >= 0x61 && c <= 0x7a) ||
  c === 0x5f ||
  c === 0x2b ||
  c === 0x3d ||
  c === 0x7e
