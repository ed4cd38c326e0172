// `request` → the HTTP request the program was answering, or the page it was on.
import { TRIM } from '#shared/constants/limits.ts'
import type { EventRequest } from '#shared/schemas/event.ts'
import type { Fields } from './fields.ts'
import { isFields, textOf } from './fields.ts'
import { jsonObjectOf, jsonOf, textOfAny } from './json-values.ts'
import type { Place } from './notes.ts'
import { cleanText, cutText } from './text.ts'

type Pairs = [string, string][]

/** Addresses longer than this carry data, not an address; browsers stop at about the same. */
const MAX_URL_CHARACTERS = 2_048
const MAX_METHOD_CHARACTERS = 32

export function requestOf(
  source: Fields,
  userAgent: string | undefined,
  place: Place,
): EventRequest | undefined {
  const headers = pairsOf(source.headers, `${place.path}.headers`, place)
  const request: EventRequest = {
    url: textOf(source, 'url', MAX_URL_CHARACTERS, place),
    method: textOf(source, 'method', MAX_METHOD_CHARACTERS, place)?.toUpperCase(),
    queryString: queryOf(source, place),
    headers: userAgent === undefined ? headers : withUserAgent(headers, userAgent, place),
    cookies: cookiesOf(source, place),
    data: jsonOf(source, 'data', place),
    env: jsonObjectOf(source, 'env', place),
  }
  return Object.values(request).some((value) => value !== undefined) ? request : undefined
}

/** A dictionary, a list of pairs or of {key, value}; a list as value is joined as HTTP joins repeated headers. */
function pairsOf(value: unknown, path: string, place: Place): Pairs | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'object') {
    place.notes.dropped(path, 'expected an object or a list of pairs')
    return undefined
  }
  const pairs: Pairs = []
  const entries: unknown[] = Array.isArray(value) ? value : Object.entries(value)
  let unusable = 0
  for (const entry of entries) {
    if (pairs.length === TRIM.extraKeys) {
      place.notes.trimmed(path, `more than ${TRIM.extraKeys} entries`)
      break
    }
    const [key, inner] = Array.isArray(entry)
      ? entry
      : isFields(entry)
        ? [entry.key, entry.value]
        : [undefined, undefined]
    if (typeof key !== 'string') {
      if (entry !== null) unusable++
      continue
    }
    if (inner === undefined || inner === null) continue
    pairs.push([pairName(key, path, place), pairText(inner, path, place)])
  }
  place.notes.leftOut(path, unusable, entries.length, 'not a name with a value')
  return pairs.length === 0 ? undefined : pairs
}

function pairName(name: string, path: string, place: Place): string {
  if (name.length > TRIM.tagKey) {
    place.notes.trimmed(path, `names longer than ${TRIM.tagKey} characters were cut`)
  }
  return cleanText(cutText(name, TRIM.tagKey))
}

function pairText(value: unknown, path: string, place: Place): string {
  const text = Array.isArray(value)
    ? value.map((item) => textOfAny(item, path, place)).join(', ')
    : textOfAny(value, path, place)
  if (text.length > TRIM.string) {
    place.notes.trimmed(path, `values longer than ${TRIM.string} characters were cut`)
  }
  return cleanText(cutText(text, TRIM.string))
}

function queryOf(source: Fields, place: Place): string | undefined {
  const value = source.query_string
  if (typeof value !== 'object' || value === null) {
    const text = textOf(source, 'query_string', TRIM.string, place)
    return text?.startsWith('?') ? text.slice(1) : text
  }
  const pairs = pairsOf(value, `${place.path}.query_string`, place)
  return pairs?.map(([key, inner]) => `${encodeURIComponent(key)}=${encodeURIComponent(inner)}`).join('&')
}

function cookiesOf(source: Fields, place: Place): Pairs | undefined {
  const value = source.cookies
  if (typeof value !== 'string') return pairsOf(value, `${place.path}.cookies`, place)
  const path = `${place.path}.cookies`
  if (value.length > TRIM.string) {
    place.notes.trimmed(path, `${value.length} characters, cut to ${TRIM.string}`)
  }
  const entries = cutText(value, TRIM.string)
    .split(';')
    .map((part): [string, string] => {
      const equals = part.indexOf('=')
      return equals === -1 ? [part.trim(), ''] : [part.slice(0, equals).trim(), part.slice(equals + 1).trim()]
    })
  return pairsOf(
    entries.filter(([key]) => key !== ''),
    path,
    place,
  )
}

/** The connection's own User-Agent, when the SDK sent none: only browsers let the server see it like this. */
function withUserAgent(headers: Pairs | undefined, userAgent: string, place: Place): Pairs {
  if (headers?.some(([key]) => key.toLowerCase() === 'user-agent')) return headers
  if (userAgent.length > TRIM.string) {
    place.notes.trimmed(
      `${place.path}.headers.User-Agent`,
      `${userAgent.length} characters, cut to ${TRIM.string}`,
    )
  }
  return [...(headers ?? []), ['User-Agent', cleanText(cutText(userAgent, TRIM.string))]]
}
