import { binder } from '../bind.ts'
import type { Db } from '../database.ts'

export interface ProjectCount {
  projectId: number
  /** Place in the list of starts; null: the time before. */
  bucket: number | null
  n: number
}

/**
 * Events of many projects per bucket, and in the time from `before` on up to where the range begins, in one statement.
 * The caller says where buckets begin, so no time zone is known here.
 * Leans on rollup_project_quarter's primary key (project_id, bucket, …); bounds prune the months.
 */
export async function countOrgVolume(
  db: Db,
  projectIds: readonly number[],
  { starts, before, from, to }: { starts: readonly Date[]; before: Date; from: Date; to: Date },
): Promise<ProjectCount[]> {
  const { bind, values } = binder()
  const { rows } = await db.query<ProjectCount>(
    `select project_id as "projectId", sum(n::float8) as n,
            case when bucket >= ${bind(from)}
              then greatest(width_bucket(bucket, ${bind(starts)}::timestamptz[]) - 1, 0) end as bucket
     from rollup_project_quarter
     where project_id = any(${bind(projectIds)}::int[]) and bucket >= ${bind(before)} and bucket < ${bind(to)}
     group by 1, 3`,
    values,
  )
  return rows
}
