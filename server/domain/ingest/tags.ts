// `tags` (a dictionary, a list of pairs or of {key, value}) → pairs of text, each key once.
import { TRIM } from '#shared/constants/limits.ts'
import { isFields } from './fields.ts'
import type { Place } from './notes.ts'
import { cleanText, cutText } from './text.ts'

export type Tags = [string, string][]

const KEY_IS_FINE = /^[\w.:-]{1,200}$/
const NOT_IN_KEYS = /[^\w.:-]+/g
const LINE_BREAKS = /[\r\n]+/g

export function tagsOf(value: unknown, place: Place): Tags {
  if (value === undefined || value === null) return []
  if (typeof value !== 'object') {
    place.notes.dropped('tags', 'expected an object or a list of pairs')
    return []
  }
  const tags = new Map<string, string>()
  const entries: unknown[] = Array.isArray(value) ? value : Object.entries(value)
  let unusable = 0
  for (const entry of entries) {
    const [key, inner] = Array.isArray(entry)
      ? entry
      : isFields(entry)
        ? [entry.key, entry.value]
        : [undefined, undefined]
    if (typeof key !== 'string' && typeof key !== 'number') {
      if (entry !== null) unusable++
      continue
    }
    if (inner === null || inner === undefined) continue
    const name = tagKey(String(key), place)
    const text = name === undefined ? undefined : tagValue(name, inner, place)
    if (name === undefined || text === undefined) continue
    if (tags.size === TRIM.tags && !tags.has(name)) {
      place.notes.trimmed('tags', `${entries.length} tags, cut to ${TRIM.tags}`)
      break
    }
    tags.set(name, text)
  }
  place.notes.leftOut('tags', unusable, entries.length, 'not a key with a value')
  return [...tags]
}

function tagKey(key: string, place: Place): string | undefined {
  if (KEY_IS_FINE.test(key)) return key
  const trimmed = key.trim()
  const cut = trimmed.slice(0, TRIM.tagKey)
  const name = cut.replace(NOT_IN_KEYS, '-')
  if (name === '' || name === '-') {
    place.notes.dropped('tags', 'a key without any letter')
    return undefined
  }
  if (trimmed !== cut) {
    place.notes.trimmed(`tags.${name}`, `the key has ${trimmed.length} characters, cut to ${TRIM.tagKey}`)
  }
  if (name !== cut) place.notes.replaced(`tags.${name}`, 'the key was changed to letters, digits and _ . : -')
  return name
}

function tagValue(name: string, value: unknown, place: Place): string | undefined {
  if (typeof value === 'object') {
    place.notes.dropped(`tags.${name}`, 'expected text')
    return undefined
  }
  const text = String(value)
  if (text.length > TRIM.tagValue) {
    place.notes.trimmed(`tags.${name}`, `${text.length} characters, cut to ${TRIM.tagValue}`)
  }
  const lines = cutText(text, TRIM.tagValue).trim()
  const line = lines.replace(LINE_BREAKS, ' ')
  if (line !== lines) place.notes.replaced(`tags.${name}`, 'line breaks became spaces')
  return line === '' ? undefined : cleanText(line)
}
