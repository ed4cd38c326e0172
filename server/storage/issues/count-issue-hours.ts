import type { Db } from '../database.ts'

export interface IssueHour {
  issueId: string
  bucket: Date
  n: number
}

/**
 * Events per hour of several issues since an hour: the sparklines of a page of the list, in one statement.
 * Leans on event_group_issue_idx, then rollup_group_hour's primary key (project_id, group_id, bucket, environment);
 * the bounds on bucket leave one month's partition, or two.
 */
export async function countIssueHours(
  db: Db,
  projectId: number,
  issueIds: readonly string[],
  range: { from: Date; to: Date },
  environment: string | null,
): Promise<IssueHour[]> {
  const { rows } = await db.query<IssueHour>(
    `select g.issue_id::text as "issueId", r.bucket, sum(r.n) as n
     from event_group g
     cross join lateral (
       select bucket, n from rollup_group_hour
       where project_id = $1 and group_id = g.group_id and bucket >= $3 and bucket < $4
         and ($5::text is null or environment = $5)
       offset 0
     ) r
     where g.project_id = $1 and g.issue_id = any($2::bigint[])
     group by 1, 2`,
    [projectId, issueIds, range.from, range.to, environment],
  )
  return rows
}

/** The same for issues of several projects; leans on the same, and on the primary key of each issue's project. */
export async function countOrgIssueHours(
  db: Db,
  issues: readonly { projectId: number; id: string }[],
  range: { from: Date; to: Date },
  environment: string | null,
): Promise<(IssueHour & { projectId: number })[]> {
  const { rows } = await db.query<IssueHour & { projectId: number }>(
    `select wanted.project_id as "projectId", wanted.issue_id::text as "issueId", r.bucket, sum(r.n) as n
     from unnest($1::int[], $2::bigint[]) as wanted (project_id, issue_id)
     join event_group g on g.project_id = wanted.project_id and g.issue_id = wanted.issue_id
     cross join lateral (
       select bucket, n from rollup_group_hour
       where project_id = g.project_id and group_id = g.group_id and bucket >= $3 and bucket < $4
         and ($5::text is null or environment = $5)
       offset 0
     ) r
     group by 1, 2, 3`,
    [issues.map(({ projectId }) => projectId), issues.map(({ id }) => id), range.from, range.to, environment],
  )
  return rows
}
