import type { Db } from '../database.ts'
import { binder } from '../bind.ts'

export interface LevelCount {
  /** Place in the list of starts. */
  bucket: number
  level: number
  n: number
}

/**
 * Events of a project per bucket and level; the caller says where buckets begin, so no time zone is known here.
 * Leans on rollup_project_quarter's primary key (project_id, bucket, level, environment); bounds prune the months.
 */
export async function countVolume(
  db: Db,
  projectId: number,
  { starts, from, to }: { starts: readonly Date[]; from: Date; to: Date },
  environment: string | null,
): Promise<LevelCount[]> {
  const { bind, values } = binder()
  const { rows } = await db.query<LevelCount>(
    `select greatest(width_bucket(bucket, ${bind(starts)}::timestamptz[]) - 1, 0) as bucket, level, sum(n) as n
     from rollup_project_quarter
     where project_id = ${bind(projectId)} and bucket >= ${bind(from)} and bucket < ${bind(to)}
       ${environment === null ? '' : `and environment = ${bind(environment)}`}
     group by 1, 2`,
    values,
  )
  return rows
}

/** All events of a range that begins and ends at quarters of an hour. Leans on the same key. */
export async function countEvents(
  db: Db,
  projectId: number,
  { from, to }: { from: Date; to: Date },
  environment: string | null,
): Promise<number> {
  const { rows } = await db.query<{ n: number }>(
    `select coalesce(sum(n), 0) as n from rollup_project_quarter
     where project_id = $1 and bucket >= $2 and bucket < $3 and ($4::text is null or environment = $4)`,
    [projectId, from, to, environment],
  )
  return rows[0]!.n // an aggregate always gives a row
}
