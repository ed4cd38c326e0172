// `contexts` (objects by name: os, runtime, trace, the user's own) and `modules` (name → version).
import { TRIM } from '#shared/constants/limits.ts'
import type { NormalEvent } from '#shared/schemas/event.ts'
import type { Fields } from './fields.ts'
import { fieldsOf, isFields } from './fields.ts'
import type { JsonObject } from './json-values.ts'
import { jsonObjectOf, setOwn } from './json-values.ts'
import type { Place } from './notes.ts'
import { cleanText, cutText } from './text.ts'

/** Large programs have some hundred dependencies. */
const MAX_MODULES = 1_000

export function contextsOf(payload: Fields, place: Place): NormalEvent['contexts'] {
  const bounded = jsonObjectOf(payload, 'contexts', place)
  if (!bounded) return {}
  for (const key of Object.keys(bounded)) if (!isFields(bounded[key])) return onlyObjects(bounded, place)
  return bounded as Record<string, JsonObject> // each was just seen to be an object
}

function onlyObjects(contexts: JsonObject, place: Place): NormalEvent['contexts'] {
  const objects: Record<string, JsonObject> = {}
  for (const [key, value] of Object.entries(contexts)) {
    if (isFields(value))
      setOwn(objects, key, value as JsonObject) // JSON already
    else if (value !== null) place.notes.dropped(`contexts.${key}`, 'expected an object')
  }
  return objects
}

export function modulesOf(payload: Fields, place: Place): NormalEvent['modules'] {
  const sent = fieldsOf(payload, 'modules', place)
  if (!sent) return undefined
  const modules: Record<string, string> = {}
  const entries = Object.entries(sent)
  let count = 0
  let unusable = 0
  let clashes = 0
  for (const [name, version] of entries) {
    if (typeof version !== 'string' && typeof version !== 'number') {
      if (version !== null) unusable++
      continue
    }
    if (count === MAX_MODULES) {
      place.notes.trimmed('modules', `cut to ${MAX_MODULES}`)
      break
    }
    count++
    const key = moduleText(name, TRIM.tagKey, 'names', place)
    if (key !== name && Object.hasOwn(modules, key)) clashes++
    else setOwn(modules, key, moduleText(String(version), TRIM.tagValue, 'versions', place))
  }
  place.notes.leftOut('modules', unusable, entries.length, 'the version is not text')
  place.notes.leftOut('modules', clashes, entries.length, 'the same name as another when cut')
  return modules
}

function moduleText(text: string, max: number, what: string, place: Place): string {
  if (text.length <= max) return cleanText(text)
  place.notes.trimmed('modules', `${what} longer than ${max} characters were cut`)
  return cleanText(cutText(text, max))
}
