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
  #cutDeep = false
  #cutMany = false
  #cutLong = false

  constructor(place: Place, path: string) {
    this.#place = place
    this.#path = path
  }

  value(value: unknown, level: number): Json {
    switch (typeof value) {
      case 'string':
        return this.#text(value)
      case 'number':
        return Number.isFinite(value) ? value : String(value)
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
    const most = level === 0 ? TRIM.extraKeys : MAX_VALUES
    for (const key in source) {
      if (!Object.hasOwn(source, key)) continue
      if (kept === most || this.#left <= 0) {
        this.#tooMany()
        return copy ?? firstKeys(source, kept)
      }
      this.#left--
      const value = source[key]
      const name = key.length > TRIM.tagKey ? cutText(key, TRIM.tagKey) : key
      const bounded = this.value(value, level + 1)
      const cleanName = cleanText(name)
      if (copy === undefined && (bounded !== value || cleanName !== key)) copy = firstKeys(source, kept)
      if (copy !== undefined) setOwn(copy, cleanName, bounded)
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
    if (!this.#cutLong)
      this.#place.notes.trimmed(this.#path, `text longer than ${TRIM.string} characters was cut`)
    this.#cutLong = true
    return cleanText(cutText(text, TRIM.string))
  }

  #tooDeep(value: object): string {
    if (!this.#cutDeep) this.#place.notes.trimmed(this.#path, `deeper than ${MAX_LEVELS} levels was cut`)
    this.#cutDeep = true
    return Array.isArray(value) ? '[Array]' : '[Object]'
  }

  #tooMany(): void {
    if (!this.#cutMany) this.#place.notes.trimmed(this.#path, 'more values than are kept')
    this.#cutMany = true
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
