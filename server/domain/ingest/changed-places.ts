// Where two versions of an event differ, leaf by leaf: what the scrubber did, found by looking at the result instead of
// by asking it (its notes are bounded and name places as they were sent). Values are not told.
import type { ScrubbedPlace } from '#shared/schemas/scrub-preview.ts'
import { FILTERED } from './secret-forms.ts'

export interface ChangedPlaces {
  /** In the order of the first version, at most `max`. */
  places: ScrubbedPlace[]
  /** All of them. */
  count: number
}

/** Both are of the same origin: `after` is a copy of `before` in which values were replaced or taken out. */
export function changedPlaces(before: object, after: object, max: number): ChangedPlaces {
  const found: ChangedPlaces = { places: [], count: 0 }
  compare(before, after, [], (path, kind) => {
    found.count++
    if (found.places.length < max) found.places.push({ path: [...path], kind })
  })
  return found
}

type Report = (path: ScrubbedPlace['path'], kind: ScrubbedPlace['kind']) => void

function compare(before: unknown, after: unknown, path: ScrubbedPlace['path'], report: Report): void {
  if (Object.is(before, after)) return
  if (after === undefined || after === null) report(path, 'removed')
  else if (typeof before !== 'object' || before === null || typeof after !== 'object')
    report(path, after === FILTERED ? 'whole' : 'part')
  else {
    const next = after as Record<string | number, unknown> // an object or a list, looked into by key
    for (const [key, value] of Object.entries(before)) {
      path.push(Array.isArray(before) ? Number(key) : key)
      compare(value, Object.hasOwn(next, key) ? next[key] : undefined, path, report)
      path.pop()
    }
  }
}

/** Texts that have a filtered part. */
export function countFiltered(value: unknown): number {
  if (typeof value === 'string') return value.includes(FILTERED) ? 1 : 0
  if (typeof value !== 'object' || value === null) return 0
  return Object.values(value).reduce((sum: number, inner) => sum + countFiltered(inner), 0)
}
