import type { Db } from '../database.ts'
import { VISIBLE_STATUSES } from '../issues/issue-state.ts'

export interface TopIssueRecord {
  id: string
  title: string
  culprit: string | null
  level: number
  n: number
}

/** Groups that may bring their issue into the list. Merged issues are added up whole; only one that consists of
 * nothing but groups below this place could be missed, and such are no top issues. */
const CANDIDATE_GROUPS = 500

/**
 * The issues with most events in a range of hours. Leans on rollup_group_hour_bucket_idx (project_id, bucket), whose
 * bounds prune the months; then event_group's primary key and event_group_issue_idx, for the candidates only. Sums
 * are double precision, exact to 2^53: sums of bigint are numeric, and twice as slow.
 */
export async function listTopIssues(
  db: Db,
  projectId: number,
  range: { from: Date; to: Date },
  environment: string | null,
  limit: number,
): Promise<TopIssueRecord[]> {
  const { rows } = await db.query<TopIssueRecord>(
    `with by_group as materialized (
       select group_id, sum(n::float8) as n from rollup_group_hour
       where project_id = $1 and bucket >= $2 and bucket < $3 and ($4::text is null or environment = $4)
       group by group_id
     ), largest as materialized (
       select group_id from by_group order by n desc limit ${CANDIDATE_GROUPS}
     ), candidates as materialized (
       select distinct g.issue_id from largest l
       join event_group g on g.project_id = $1 and g.group_id = l.group_id and g.discarded_at is null
     ), top as (
       select c.issue_id, sum(b.n) as n
       from candidates c
       join event_group g on g.project_id = $1 and g.issue_id = c.issue_id
       join by_group b on b.group_id = g.group_id
       group by c.issue_id order by 2 desc, 1 desc limit $5
     )
     select i.issue_id::text as id, i.title, i.culprit, i.level, t.n
     from top t join issue i on i.project_id = $1 and i.issue_id = t.issue_id and i.status = any(${VISIBLE_STATUSES})
     order by t.n desc, t.issue_id desc`,
    [projectId, range.from, range.to, environment, limit],
  )
  return rows
}
