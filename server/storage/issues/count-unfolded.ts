import type { Db } from '../database.ts'

export interface Unfolded {
  /** Events stored already and not yet in the issue's count. */
  unfolded: number
  /** All events of the current UTC hour, those included. */
  hour: number
  at: Date
}

/**
 * What came for issues up to now, to the event, although counts are added up a moment later. The caller holds the
 * issues, so that no fold moves a count between its reading and this one. Issues without any are missing.
 * Leans on event_delta's primary key, whose part of this project holds about a second; then on probes of event_group,
 * and on rollup_group_hour's primary key.
 */
export async function countUnfolded(
  db: Db,
  projectId: number,
  issueIds: readonly string[],
): Promise<Map<string, Unfolded>> {
  const { rows } = await db.query<Unfolded & { id: string }>(
    `with pending as materialized (
       select group_id, sum(n) as n,
              coalesce(sum(n) filter (where minute >= date_trunc('hour', statement_timestamp(), 'UTC')), 0) as hour_n
       from event_delta where project_id = $1 group by group_id
     )
     select issue_id::text as id, sum(n) as unfolded, sum(hour_n) as hour, statement_timestamp() as at
     from (
       select g.issue_id, p.n, p.hour_n from pending p
       cross join lateral (
         select issue_id from event_group g where g.project_id = $1 and g.group_id = p.group_id offset 0
       ) g
       where g.issue_id = any($2::bigint[])
       union all
       select g.issue_id, 0, r.n from event_group g
       cross join lateral (
         select n from rollup_group_hour
         where project_id = $1 and group_id = g.group_id
           and bucket = date_trunc('hour', statement_timestamp(), 'UTC')
         offset 0
       ) r
       where g.project_id = $1 and g.issue_id = any($2::bigint[])
     ) t
     group by issue_id`,
    [projectId, issueIds],
  )
  return new Map(rows.map(({ id, ...counts }) => [id, counts]))
}
