import type { Db } from '../database.ts'

export interface FirstRelease {
  release: string
  /** The hour of its first event. */
  at: Date
}

/**
 * Releases whose first event lies in the range, the newest first: those that had none between `lookBack` and `from`.
 * Leans on rollup_value_hour's primary key (project_id, bucket, kind, value); bounds prune the months.
 */
export async function listFirstReleases(
  db: Db,
  projectId: number,
  { lookBack, from, to }: { lookBack: Date; from: Date; to: Date },
  limit: number,
): Promise<FirstRelease[]> {
  const { rows } = await db.query<FirstRelease>(
    `select value as release, min(bucket) as at from rollup_value_hour
     where project_id = $1 and bucket >= $2 and bucket < $3 and kind = 'release'
     group by value having min(bucket) >= $4
     order by 2 desc, 1 limit $5`,
    [projectId, lookBack, to, from, limit],
  )
  return rows
}
