import type { Db } from '../database.ts'

export interface HourOfIssue {
  issueId: string
  /** The beginning of a UTC hour. */
  hour: Date
  /** Its hour is left out of the hours before. */
  archivedAt: Date
}
export interface EscalationHours {
  /** Events in the hour: of all groups, in all environments. */
  n: number
  /** Of the largest of the hours before it. */
  largest: number
}

/**
 * An hour of issues beside the hours before it, in the order asked for. `largest` is looked up only where `n` is above
 * `onlyAbove`; it is 0 elsewhere. Leans on event_group_issue_idx, then rollup_group_hour's primary key (project_id,
 * group_id, bucket, environment); the outer bounds on bucket leave the months that hold these hours.
 */
export async function countEscalationHours(
  db: Db,
  projectId: number,
  asked: readonly HourOfIssue[],
  { hoursBefore, onlyAbove }: { hoursBefore: number; onlyAbove: number },
): Promise<EscalationHours[]> {
  if (asked.length === 0) return []
  const hours = asked.map(({ hour }) => hour.getTime())
  const { rows } = await db.query<EscalationHours>(
    `select this.n, coalesce(before.largest, 0) as largest
     from unnest($2::bigint[], $3::timestamptz[], $4::timestamptz[]) with ordinality
       as t (issue_id, hour, archived_at, place)
     cross join lateral (
       select coalesce(sum(r.n), 0) as n
       from event_group g
       cross join lateral (
         select n from rollup_group_hour
         where project_id = $1 and group_id = g.group_id and bucket = t.hour and bucket >= $5 and bucket <= $6
         offset 0
       ) r
       where g.project_id = $1 and g.issue_id = t.issue_id
     ) this
     cross join lateral (
       select max(h.n) as largest from (
         select sum(r.n) as n
         from event_group g
         cross join lateral (
           select bucket, n from rollup_group_hour
           where project_id = $1 and group_id = g.group_id
             and bucket >= t.hour - $7::int * interval '1 hour' and bucket < t.hour
             and bucket <> date_trunc('hour', t.archived_at, 'UTC')
             and bucket >= $5 and bucket <= $6
           offset 0
         ) r
         where g.project_id = $1 and g.issue_id = t.issue_id and this.n > $8::bigint
         group by r.bucket
       ) h
     ) before
     order by t.place`,
    [
      projectId,
      asked.map(({ issueId }) => issueId),
      asked.map(({ hour }) => hour),
      asked.map(({ archivedAt }) => archivedAt),
      new Date(Math.min(...hours) - hoursBefore * 3_600_000),
      new Date(Math.max(...hours)),
      hoursBefore,
      onlyAbove,
    ],
  )
  return rows
}
