// The request of an event as a curl command that is safe to paste into a shell, whatever the payload holds.
// Every word that came from outside is one quoted word in sh, dash, bash, ksh and zsh, and at worst an error in
// fish (where a backslash before the closing quote would open the way out):
// - 'single quotes' when there is no backslash and no control character inside;
// - otherwise $'…' with backslash, quote and control characters as octal bytes. Nothing in it can end the quote in
//   any shell, and no escape sequence reaches the terminal (ESC [201~ breaks out of bracketed paste).
import type { EventRequest, Json } from '#shared/schemas/event'

const NEEDS_OCTAL =
  // eslint-disable-next-line no-control-regex -- control characters are what this is about
  /[\\\u0000-\u001F\u007F-\u009F\u061C\u200B\u200E\u200F\u2028-\u202E\u2060-\u206F\uFEFF]/

/** One shell word that means exactly `text`. */
export function shellQuote(text: string): string {
  // NUL cannot be in an argument at all: it would end it early.
  const word = text.replaceAll('\0', '').toWellFormed()
  if (word === '') return "''"
  if (/^[\w@%+:,./-]+$/.test(word)) return word
  if (!NEEDS_OCTAL.test(word)) return `'${word.replaceAll("'", `'\\''`)}'`
  return `$'${[...word].map(octal).join('')}'`
}

function octal(character: string): string {
  if (character !== "'" && !NEEDS_OCTAL.test(character)) return character
  return [...new TextEncoder().encode(character)]
    .map((byte) => `\\${byte.toString(8).padStart(3, '0')}`)
    .join('')
}

/** Headers curl makes itself, or that would contradict the body it sends. */
const OWN_HEADERS = new Set(['host', 'content-length', 'connection', 'transfer-encoding', 'accept-encoding'])

/** Null when there is no web address to ask. */
export function requestAsCurl(request: EventRequest): string | null {
  if (!request.url || !/^https?:\/\//i.test(request.url)) return null
  const hasBody = request.data !== undefined && request.data !== null && request.data !== ''
  const words = [`curl ${shellQuote(withQuery(request.url, request.queryString))}`]
  // curl reads [a-z] and {a,b} in an address as ranges.
  if (/[[\]{}]/.test(words[0] ?? '')) words.push('--globoff')
  const method = (request.method ?? 'GET').toUpperCase()
  if (method === 'HEAD') words.push('--head')
  else if (method !== (hasBody ? 'POST' : 'GET')) words.push(`--request ${shellQuote(method)}`)
  for (const [name, value] of headersOf(request))
    words.push(`--header ${shellQuote(headerLine(name, value))}`)
  // --data-raw: with --data a leading @ would read a file of the person who pastes this.
  if (hasBody) words.push(`--data-raw ${shellQuote(bodyText(request.data as Json))}`)
  return words.join(' \\\n  ')
}

function headersOf(request: EventRequest): [string, string][] {
  const headers = (request.headers ?? []).filter(([name]) => !OWN_HEADERS.has(name.toLowerCase()))
  if (!request.cookies?.length || headers.some(([name]) => name.toLowerCase() === 'cookie')) return headers
  return [...headers, ['Cookie', request.cookies.map(([name, value]) => `${name}=${value}`).join('; ')]]
}

/** One header is one line, and its name only what names may hold: `@file` would read a file. */
const headerLine = (name: string, value: string): string =>
  `${name.replace(/[^\w!#$%&'*+.^`|~-]/g, '') || 'X-Unnamed'}: ${value.replace(/[\r\n]+/g, ' ')}`

const bodyText = (data: Json): string => (typeof data === 'string' ? data : JSON.stringify(data))

function withQuery(url: string, query: string | undefined): string {
  if (!query || url.includes('?')) return url
  const [address, fragment] = url.split('#', 2)
  return `${address}?${query.replace(/^\?/, '')}${fragment === undefined ? '' : `#${fragment}`}`
}
