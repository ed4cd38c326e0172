import type { Db } from '../database.ts'

export interface BucketCount {
  /** Place in the list of starts. */
  bucket: number
  n: number
}
export interface BucketRange {
  starts: readonly Date[]
  from: Date
  to: Date
}

/**
 * Events of an issue per bucket; the caller says where buckets begin, so no time zone is known here.
 * Leans on event_group_issue_idx, then rollup_group_hour's primary key; bounds on bucket prune the months.
 */
export async function countTimeline(
  db: Db,
  projectId: number,
  issueId: string,
  { starts, from, to }: BucketRange,
  environment: string | null,
): Promise<BucketCount[]> {
  const { rows } = await db.query<BucketCount>(
    `select greatest(width_bucket(r.bucket, $3::timestamptz[]) - 1, 0) as bucket, sum(r.n) as n
     from event_group g
     cross join lateral (
       select bucket, n from rollup_group_hour
       where project_id = $1 and group_id = g.group_id and bucket >= $4 and bucket < $5
         and ($6::text is null or environment = $6)
       offset 0
     ) r
     where g.project_id = $1 and g.issue_id = $2::bigint
     group by 1`,
    [projectId, issueId, starts, from, to, environment],
  )
  return rows
}
