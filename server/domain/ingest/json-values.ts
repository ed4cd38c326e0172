// Free JSON from a payload (extra, contexts, variables, breadcrumb data …), bounded in depth, count and length.
// What is within bounds is returned as it came, not copied: normalisation takes the payload over.
import { TRIM } from '#shared/constants/limits.ts'
import type { Json } from '#shared/schemas/event.ts'
import type { Fields } from './fields.ts'
import { isFields } from './fields.ts'
import type { Place } from './notes.ts'
import { pathTo } from './notes.ts'
import { cleanText, cutText } from './text.ts'

/** Levels below the field itself. SDKs cut at 3 to 10 themselves; nobody reads what lies deeper on a page. */
const MAX_LEVELS = 10
/** Values in one field, all levels together: a page with more is not read, and each costs time in the scrubber. */
const MAX_VALUES = 2_000

export type JsonObject = { [key: string]: Json }

/** Sets an own property whatever its name is: assigning to `__proto__` would change the prototype instead. */
export function setOwn<T>(target: { [key: string]: T }, key: string, value: T): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
  } else target[key] = value
}

/** An object field with anything inside; other types are dropped with a note. */
export function jsonObjectOf(source: Fields, key: string, place: Place): JsonObject | undefined {
  const value = source[key]
  if (value === undefined || value === null) return undefined
  if (isFields(value)) return new Bounder(place, pathTo(place, key)).object(value, 0)
  place.notes.dropped(pathTo(place, key), 'expected an object')
  return undefined
}

/** Any value of a field. */
export function jsonOf(source: Fields, key: string, place: Place): Json | undefined {
  const value = source[key]
  return value === undefined || value === null ? undefined : boundedJson(value, pathTo(place, key), place)
}

export const boundedJson = (value: unknown, path: string, place: Place): Json =>
  new Bounder(place, path).value(value, 0)

/** Any value as text: text as it is, all else as JSON. */
export function textOfAny(value: unknown, path: string, place: Place): string {
  return typeof value === 'string' ? value : JSON.stringify(boundedJson(value, path, place))
}

class Bounder {
  #left = MAX_VALUES
  #place: Place
  #path: string
  /** What was noted already: each once for the whole field. */
  #noted: Set<string> | undefined
  #clashes = 0

  constructor(place: Place, path: string) {
    this.#place = place
    this.#path = path
  }

  value(value: unknown, level: number): Json {
    switch (typeof value) {
      case 'string':
        return this.#text(value)
      case 'number':
        return Number.isFinite(value) ? value : this.#tooLarge(value)
      case 'boolean':
        return value
      case 'object':
        if (value === null) return null
        if (level > MAX_LEVELS) return this.#tooDeep(value)
        return Array.isArray(value) ? this.#list(value, level) : this.object(value as Fields, level) // neither null nor a list
      case 'undefined':
        return null
      default:
        return this.#text(String(value))
    }
  }

  object(source: Fields, level: number): JsonObject {
    let copy: JsonObject | undefined
    let kept = 0
    let hasNewNames = false
    const most = level === 0 ? TRIM.extraKeys : MAX_VALUES
    for (const key in source) {
      if (!Object.hasOwn(source, key)) continue
      if (kept === most || this.#left <= 0) {
        this.#tooMany()
        return copy ?? firstKeys(source, kept)
      }
      this.#left--
      const value = source[key]
      let name = cleanText(key.length > TRIM.tagKey ? this.#cutName(key) : key)
      const bounded = this.value(value, level + 1)
      if (copy === undefined && (bounded !== value || name !== key)) copy = firstKeys(source, kept)
      if (name !== key) hasNewNames = true
      if (copy !== undefined) {
        if (hasNewNames && Object.hasOwn(copy, name)) name = this.#otherName(copy, name)
        setOwn(copy, name, bounded)
      }
      kept++
    }
    return copy ?? (source as JsonObject) // every value of it was seen to be JSON
  }

  #list(source: unknown[], level: number): Json[] {
    let copy: Json[] | undefined
    for (let i = 0; i < source.length; i++) {
      if (this.#left <= 0) {
        this.#tooMany()
        return copy ?? (source.slice(0, i) as Json[]) // each of them was seen to be JSON
      }
      this.#left--
      const bounded = this.value(source[i], level + 1)
      if (copy === undefined && bounded !== source[i]) copy = source.slice(0, i) as Json[] // as above
      if (copy !== undefined) copy.push(bounded)
    }
    return copy ?? (source as Json[]) // as above
  }

  #text(text: string): string {
    if (text.length <= TRIM.string) return cleanText(text)
    this.#note('trimmed', `text longer than ${TRIM.string} characters was cut`)
    return cleanText(cutText(text, TRIM.string))
  }

  #cutName(key: string): string {
    this.#note('trimmed', `keys longer than ${TRIM.tagKey} characters were cut`)
    return cutText(key, TRIM.tagKey)
  }

  /** For a key that became the same as an earlier one. The count only rises: hostile keys cannot make it search long. */
  #otherName(target: JsonObject, name: string): string {
    this.#note('replaced', 'keys that became the same were numbered')
    const start = cutText(name, TRIM.tagKey - 10)
    let other: string
    do other = `${start} (${++this.#clashes + 1})`
    while (Object.hasOwn(target, other))
    return other
  }

  #tooLarge(value: number): string {
    this.#note('replaced', 'numbers too large to keep became text')
    return String(value)
  }

  #tooDeep(value: object): string {
    this.#note('trimmed', `deeper than ${MAX_LEVELS} levels was cut`)
    return Array.isArray(value) ? '[Array]' : '[Object]'
  }

  #tooMany(): void {
    this.#note('trimmed', 'more values than are kept')
  }

  #note(kind: 'trimmed' | 'replaced', message: string): void {
    if (this.#noted?.has(message)) return
    this.#noted = (this.#noted ?? new Set()).add(message)
    this.#place.notes[kind](this.#path, message)
  }
}

function firstKeys(source: Fields, count: number): JsonObject {
  const copy: JsonObject = {}
  for (const key in source) {
    if (!Object.hasOwn(source, key)) continue
    if (count-- === 0) break
    setOwn(copy, key, source[key] as Json) // the caller has seen that it is JSON
  }
  return copy
}
