import type { Db } from '../database.ts'
import { retained } from './retained.ts'

/**
 * The newest or the oldest stored event of an issue, as 32 hex.
 * Leans on event_group_issue_idx, then one end of event_group_received_idx in each week given.
 */
export async function findEdgeEvent(
  db: Db,
  projectId: number,
  issueId: string,
  edge: 'latest' | 'oldest',
  expiries: readonly string[],
): Promise<string | null> {
  const direction = edge === 'latest' ? 'desc' : 'asc'
  const { rows } = await db.query<{ id: string }>(
    `select replace(e.event_id::text, '-', '') as id
     from event_group g
     cross join lateral (
       select received_at, event_id from event e
       where project_id = $1 and group_id = g.group_id and expires_on = any($3::date[])
         and ${retained('$1')}
       order by received_at ${direction}, event_id ${direction} limit 1
     ) e
     where g.project_id = $1 and g.issue_id = $2::bigint
     order by e.received_at ${direction}, e.event_id ${direction} limit 1`,
    [projectId, issueId, expiries],
  )
  return rows[0]?.id ?? null
}
