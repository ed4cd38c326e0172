// Which counters of the project's alert rules the event counts for. It is decided here, from the event as it came, and
// travels with it: whatever becomes of the event in the transaction (sampled out, a duplicate), its counts do too.
import { matchableEvent } from '#server/domain/search/match-event.ts'
import type { Counter } from '#server/domain/alerts/counters.ts'
import type { Encoded } from '../event-states.ts'

export function pickCounters(event: Encoded, counters: readonly Counter[]): Encoded {
  if (counters.length === 0) return event
  const { row, description } = event
  const matchable = matchableEvent(row, description.title, null)
  const fitting = counters.filter(({ matches }) => matches === null || matches(matchable))
  if (fitting.length > 0) row.counters = fitting.map(({ id }) => id)
  // The sign is the scope: a negative one counts users of the whole project.
  const users = fitting.flatMap(({ id, users }) => (users === null ? [] : users === 'project' ? -id : id))
  if (users.length > 0) row.userCounters = users
  return event
}
