// What the alert rules of a project count, compiled for the door. In: the rules as the key cache reads them every 2 s
// (JSON, of our own writing); out: one test for each. A rule's counter has an id of its own, that changes with the
// rule's condition: counts of two conditions never mix.
import { compileEventFilter, type EventFilterWords, type EventTest } from '../search/match-event.ts'
import { DomainError } from '../errors.ts'
import { remember } from '../grouping/v1/remember.ts'

export interface Counter {
  id: number
  /** Whose users are counted, those of each issue or of the project; null: events are. */
  users: 'issue' | 'project' | null
  /** Null: every event counts. */
  matches: EventTest | null
}

const NONE: readonly Counter[] = []

/** @param json null where nothing is counted, which is nearly everywhere */
export const compileCounters = (json: string | null): readonly Counter[] =>
  json === null ? NONE : compiled(json)

/** Rules change seldom, and are read every two seconds. */
const compiled = remember(
  (json): readonly Counter[] =>
    (JSON.parse(json) as { id: number; users: Counter['users']; filters: EventFilterWords }[]).map(
      ({ id, users, filters }) => ({ id, users, matches: compileFilters(filters) }),
    ),
  { most: 1_000, longest: Infinity },
)

/**
 * Null: everything fits. A query that cannot be read any more (its language has changed since it was saved) fits
 * nothing: one rule must not keep a project's events out.
 */
export function compileFilters(filters: EventFilterWords): EventTest | null {
  if (Object.keys(filters).length === 0) return null
  try {
    return compileEventFilter(filters)
  } catch (error) {
    if (error instanceof DomainError) return () => false
    throw error
  }
}
