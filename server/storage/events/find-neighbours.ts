import type { Db } from '../database.ts'

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
}

/**
 * What lies beside an event within its issue, by (received_at, event_id), in one statement.
 * Leans on event_group_issue_idx, then event_group_received_idx of each week given, a step to either side; the count
 * reads at most `countBound` entries of it.
 */
export async function findNeighbours(
  db: Db,
  place: EventPlace,
  expiries: readonly string[],
  countBound: number,
): Promise<Neighbours> {
  const beside = (compare: '<' | '>', limit: string) => {
    const direction = compare === '<' ? 'desc' : 'asc'
    return `
      select e.received_at, e.event_id from event_group g
      cross join lateral (
        select received_at, event_id from event
        where project_id = $1 and group_id = g.group_id and expires_on = any($5::date[])
          and (received_at, event_id) ${compare} ($3::timestamptz, $4::uuid)
        order by received_at ${direction}, event_id ${direction} limit ${limit}
      ) e
      where g.project_id = $1 and g.issue_id = $2::bigint
      order by e.received_at ${direction}, e.event_id ${direction} limit ${limit}`
  }
  const { rows } = await db.query<Neighbours>(
    `with older as (${beside('<', '1')}), newer as (${beside('>', '$6')})
     select (select replace(event_id::text, '-', '') from older) as "previousId",
            (select replace(event_id::text, '-', '') from newer order by received_at, event_id limit 1) as "nextId",
            (select count(*) from newer) as newer`,
    [place.projectId, place.issueId, place.receivedAt, place.eventId, expiries, countBound],
  )
  return rows[0]! // an aggregate always gives a row
}
