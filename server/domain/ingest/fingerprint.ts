// `fingerprint` → parts as text, or undefined where the automatic grouping is meant.
import { TRIM } from '#shared/constants/limits.ts'
import type { Place } from './notes.ts'
import { cleanText, cutText } from './text.ts'

export function fingerprintOf(value: unknown, place: Place): string[] | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return [part(value)]
  if (!Array.isArray(value)) {
    place.notes.dropped('fingerprint', 'expected a list of texts')
    return undefined
  }
  const parts: string[] = []
  for (const item of value) {
    if (item === null || typeof item === 'object') continue
    if (parts.length === TRIM.fingerprintParts) {
      place.notes.trimmed('fingerprint', `${value.length} parts, cut to ${TRIM.fingerprintParts}`)
      break
    }
    parts.push(part(typeof item === 'string' ? item : asRelayWrites(item)))
  }
  return parts.length === 0 ? undefined : parts
}

// Numbers lose their fraction and booleans are capitalised: so events of a project that moves here from Sentry keep
// the fingerprints it had.
function asRelayWrites(item: unknown): string {
  if (typeof item === 'boolean') return item ? 'True' : 'False'
  return typeof item === 'number' ? String(Math.trunc(item)) : String(item)
}

const part = (text: string): string => cleanText(cutText(text, TRIM.fingerprintPart))
