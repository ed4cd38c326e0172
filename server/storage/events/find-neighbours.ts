import type { Db } from '../database.ts'
import { retained } from './retained.ts'

export interface EventPlace {
  projectId: number
  issueId: string
  eventId: string
  receivedAt: Date
}
export interface Neighbours {
  /** The next older event of the issue, 32 hex. */
  previousId: string | null
  /** The next newer one. */
  nextId: string | null
  /** How many are newer; counting stops at the bound. */
  newer: number
  /** How many are older; counting stops at the same bound. */
  older: number
}

/**
 * What lies beside an event within its issue, by (received_at, event_id), in one statement.
 * Leans on event_group_issue_idx, then event_group_received_idx of each week given: a step to either side, and two
 * counts that read at most `countBound` of its entries each, however many groups the issue has been merged from.
 */
export async function findNeighbours(
  db: Db,
  place: EventPlace,
  expiries: readonly string[],
  countBound: number,
): Promise<Neighbours> {
  const those = (compare: '<' | '>') => `
    project_id = $1 and group_id = g.group_id and expires_on = any($5::date[]) and ${retained('$1')}
    and (received_at, event_id) ${compare} ($3::timestamptz, $4::uuid)`
  const beside = (compare: '<' | '>') => {
    const direction = compare === '<' ? 'desc' : 'asc'
    return `
      select replace(e.event_id::text, '-', '') from event_group g
      cross join lateral (
        select received_at, event_id from event e where ${those(compare)}
        order by received_at ${direction}, event_id ${direction} limit 1
      ) e
      where g.project_id = $1 and g.issue_id = $2::bigint
      order by e.received_at ${direction}, e.event_id ${direction} limit 1`
  }
  // Without an order: the walk over the groups ends when the bound is reached.
  const counted = (compare: '<' | '>') => `
    select count(*) from (
      select from event_group g
      cross join lateral (select from event e where ${those(compare)} limit $6) e
      where g.project_id = $1 and g.issue_id = $2::bigint
      limit $6
    ) bounded`
  const { rows } = await db.query<Neighbours>(
    `select (${beside('<')}) as "previousId", (${beside('>')}) as "nextId",
            (${counted('>')}) as newer, (${counted('<')}) as older`,
    [place.projectId, place.issueId, place.receivedAt, place.eventId, expiries, countBound],
  )
  return rows[0]! // four answers are always one row
}
