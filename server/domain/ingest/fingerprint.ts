// `fingerprint` → parts as text, or undefined where the automatic grouping is meant.
import { TRIM } from '#shared/constants/limits.ts'
import type { Place } from './notes.ts'
import { cleanText, cutText } from './text.ts'

export function fingerprintOf(value: unknown, place: Place): string[] | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return [part(value, place)]
  if (!Array.isArray(value)) {
    place.notes.dropped('fingerprint', 'expected a list of texts')
    return undefined
  }
  const parts: string[] = []
  let skipped = 0
  for (const item of value) {
    if (parts.length === TRIM.fingerprintParts) {
      place.notes.trimmed('fingerprint', `${value.length} parts, cut to ${TRIM.fingerprintParts}`)
      break
    }
    if (item === null || typeof item === 'object') skipped++
    else parts.push(part(typeof item === 'string' ? item : asRelayWrites(item), place))
  }
  place.notes.leftOut('fingerprint', skipped, value.length, 'not text')
  return parts.length === 0 ? undefined : parts
}

// Numbers lose their fraction and booleans are capitalised: so events of a project that moves here from Sentry keep
// the fingerprints it had.
function asRelayWrites(item: unknown): string {
  if (typeof item === 'boolean') return item ? 'True' : 'False'
  return typeof item === 'number' ? String(Math.trunc(item)) : String(item)
}

/** However it is spelled: grouping compares the texts of a fingerprint, and this one is not a text of the user's. */
const DEFAULT = /^\{\{\s{0,8}default\s{0,8}\}\}$/i

function part(text: string, place: Place): string {
  if (text.length > TRIM.fingerprintPart) {
    place.notes.trimmed('fingerprint', `parts longer than ${TRIM.fingerprintPart} characters were cut`)
  }
  return DEFAULT.test(text) ? '{{ default }}' : cleanText(cutText(text, TRIM.fingerprintPart))
}
