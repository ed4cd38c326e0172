import type { Db } from '../database.ts'

export interface TopIssueRecord {
  id: string
  title: string
  culprit: string | null
  level: number
  n: number
}

/**
 * The issues with most events in a range of hours. Leans on rollup_group_hour_bucket_idx (project_id, bucket); bounds
 * prune the months. Adds up per group first: groups are few, hours many.
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
       select group_id, sum(n) as n from rollup_group_hour
       where project_id = $1 and bucket >= $2 and bucket < $3 and ($4::text is null or environment = $4)
       group by group_id
     ), top as (
       select g.issue_id, sum(b.n) as n
       from by_group b join event_group g on g.project_id = $1 and g.group_id = b.group_id
       where g.discarded_at is null
       group by g.issue_id order by 2 desc, 1 desc limit $5
     )
     select i.issue_id::text as id, i.title, i.culprit, i.level, t.n
     from top t join issue i on i.project_id = $1 and i.issue_id = t.issue_id
     order by t.n desc, t.issue_id desc`,
    [projectId, range.from, range.to, environment, limit],
  )
  return rows
}
