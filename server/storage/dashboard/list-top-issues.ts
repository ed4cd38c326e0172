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

/** So many of each state, or twice what is asked for. */
const CANDIDATE_ISSUES = 16

/**
 * The same from the issues with most events of all time: nobody else can have more in the range than they have in all.
 * Null where that does not settle it (a short range with loud newcomers). Bounded whatever is stored, where adding up
 * every hour of every group is not (measured over 14 days of 200,000 issues: 450 ms).
 * Leans on issue_event_count_idx, event_group_issue_idx and rollup_group_hour's primary key.
 */
export async function listTopOfLoudest(
  db: Db,
  projectId: number,
  range: { from: Date; to: Date },
  environment: string | null,
  limit: number,
): Promise<TopIssueRecord[] | null> {
  const { rows } = await db.query<TopIssueRecord & { most: number }>(
    `with loudest as materialized (
       select i.*, count(*) over (partition by i.status) as of_status
       from unnest(${VISIBLE_STATUSES}) s (status)
       cross join lateral (
         select issue_id, title, culprit, level, event_count, status from issue
         where project_id = $1 and status = s.status order by event_count desc, issue_id desc limit $6
       ) i
     ), others as (
       select coalesce(max(least_count), 0) as most
       from (select min(event_count) as least_count from loudest where of_status = $6 group by status) t
     )
     select l.issue_id::text as id, l.title, l.culprit, l.level, r.n, (select most from others) as most
     from loudest l
     cross join lateral (
       select sum(h.n::float8) as n from event_group g
       cross join lateral (
         select n from rollup_group_hour
         where project_id = $1 and group_id = g.group_id and bucket >= $2 and bucket < $3
           and ($4::text is null or environment = $4)
         offset 0
       ) h
       where g.project_id = $1 and g.issue_id = l.issue_id
     ) r
     where r.n > 0
     order by r.n desc, l.issue_id desc limit $5`,
    [projectId, range.from, range.to, environment, limit, Math.max(CANDIDATE_ISSUES, 2 * limit)],
  )
  const last = rows.at(-1)
  if (rows.length < limit || !last || last.n <= last.most) return null
  return rows.map(({ id, title, culprit, level, n }) => ({ id, title, culprit, level, n }))
}

/**
 * The issues with most events in a range of hours. Leans on rollup_group_hour_bucket_idx (project_id, bucket), in an
 * environment on rollup_group_hour_environment_idx; their bounds prune the months. Then on event_group's primary key and
 * event_group_issue_idx, for the candidates only. Sums are double precision, exact to 2^53: sums of bigint are numeric,
 * and twice as slow. Never a named statement: a generic plan would not know whether there is an environment.
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

/** Whether an environment has fewer (group, hour) pairs than that in the range. Leans on rollup_group_hour_environment_idx. */
export async function isRareEnvironment(
  db: Db,
  projectId: number,
  range: { from: Date; to: Date },
  environment: string,
  pairs: number,
): Promise<boolean> {
  const { rows } = await db.query<{ n: number }>(
    `select count(*) as n from (
       select from rollup_group_hour
       where project_id = $1 and environment = $2 and bucket >= $3 and bucket < $4 limit $5) t`,
    [projectId, environment, range.from, range.to, pairs],
  )
  return rows[0]!.n < pairs // an aggregate always gives a row
}
