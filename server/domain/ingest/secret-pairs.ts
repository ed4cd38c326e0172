// Secrets that a key announces inside a text: `key=value` (queries, form bodies, connection strings, messages) and
// `"key": value` (JSON, also cut off or escaped inside JSON; Python's and Ruby's way of writing). Scanners that go over
// the text once; looking back for the key is bounded.
import { FILTERED } from './secret-forms.ts'
import type { SensitiveKeys } from './sensitive-keys.ts'

const MAX_KEY = 64

/** `key=value`: in queries, form bodies, connection strings and messages. The value goes to the next separator. */
export function withoutAssigned(text: string, keys: SensitiveKeys): string {
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
export function withoutQuotedSecrets(text: string, keys: SensitiveKeys): string {
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

const startsWithIgnoringCase = (text: string, start: string, at: number): boolean =>
  text.slice(at, at + start.length).toLowerCase() === start

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
