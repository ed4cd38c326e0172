// Lenient readers of one field of an untrusted object: the wanted type, or undefined with a note. `null` is absent,
// numbers and booleans are taken as text, numeric text as numbers: SDKs of every age mix these up.
import type { Place } from './notes.ts'
import { pathTo } from './notes.ts'
import { cleanText, cutText } from './text.ts'

export type Fields = Record<string, unknown>

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** An object field; anything else is dropped with a note. */
export function fieldsOf(source: Fields, key: string, place: Place): Fields | undefined {
  const value = source[key]
  if (value === undefined || value === null) return undefined
  if (isFields(value)) return value
  place.notes.dropped(pathTo(place, key), 'expected an object')
  return undefined
}

/** Text of at most `max` code units; empty counts as absent. */
export function textOf(source: Fields, key: string, max: number, place: Place): string | undefined {
  const value = source[key]
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value === 'string') {
    if (value.length <= max) return cleanText(value)
    place.notes.trimmed(pathTo(place, key), `${value.length} characters, cut to ${max}`)
    return cleanText(cutText(value, max))
  }
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  place.notes.dropped(pathTo(place, key), 'expected text')
  return undefined
}

/** The same without space around it: for names that are compared (release, environment …). */
export function nameOf(source: Fields, key: string, max: number, place: Place): string | undefined {
  const text = textOf(source, key, max, place)
  if (text === undefined) return undefined
  const trimmed = text.trim()
  return trimmed === '' ? undefined : trimmed
}

/** A whole number that is not negative: line, column, id of an exception. */
export function wholeNumberOf(source: Fields, key: string, place: Place): number | undefined {
  const value = source[key]
  if (value === undefined || value === null || value === '') return undefined
  const number = typeof value === 'string' ? Number(value) : value
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0) return number
  place.notes.dropped(pathTo(place, key), 'expected a whole number')
  return undefined
}

export function flagOf(source: Fields, key: string, place: Place): boolean | undefined {
  const value = source[key]
  if (typeof value === 'boolean') return value
  if (value === undefined || value === null || value === '') return undefined
  if (value === 'true' || value === 1) return true
  if (value === 'false' || value === 0) return false
  place.notes.dropped(pathTo(place, key), 'expected true or false')
  return undefined
}

/** Lines of source code around a frame. `keep` says which end is next to the frame's own line. */
export function linesOf(
  source: Fields,
  key: string,
  limits: { lines: number; characters: number; keep: 'first' | 'last' },
  place: Place,
): string[] | undefined {
  const value = source[key]
  if (value === undefined || value === null) return undefined
  if (!Array.isArray(value)) {
    place.notes.dropped(pathTo(place, key), 'expected a list of lines')
    return undefined
  }
  const lines: string[] = []
  const tooMany = Math.max(0, value.length - limits.lines)
  const first = limits.keep === 'last' ? tooMany : 0
  let tooLong = false
  for (let i = first; i < value.length - tooMany + first; i++) {
    const text = lineOf(value[i], key, place)
    if (text.length > limits.characters) tooLong = true
    lines.push(cleanText(cutText(text, limits.characters)))
  }
  if (tooMany > 0) place.notes.trimmed(pathTo(place, key), `${value.length} lines, cut to ${limits.lines}`)
  if (tooLong) {
    place.notes.trimmed(pathTo(place, key), `lines longer than ${limits.characters} characters were cut`)
  }
  return lines.length === 0 ? undefined : lines
}

/** What is no line stays as an empty one, so that the others keep their numbers. */
function lineOf(line: unknown, key: string, place: Place): string {
  if (typeof line === 'string') return line
  if (line === null || line === undefined) return ''
  if (typeof line !== 'object') return String(line)
  place.notes.replaced(pathTo(place, key), 'lines that are not text were emptied')
  return ''
}

/** The items of a field that is a list, or an object around one (`{"values": […]}`), or a single object. */
export function itemsOf(value: unknown, path: string, place: Place): { items: unknown[]; path: string } {
  if (Array.isArray(value)) return { items: value, path }
  if (isFields(value)) {
    if (Array.isArray(value.values)) return { items: value.values, path: `${path}.values` }
    if (isFields(value.values)) return { items: [value.values], path: `${path}.values` }
    if (value.values === undefined) return { items: [value], path }
    if (value.values === null) return { items: [], path }
  } else if (value === undefined || value === null) return { items: [], path }
  place.notes.dropped(path, 'expected a list')
  return { items: [], path }
}
