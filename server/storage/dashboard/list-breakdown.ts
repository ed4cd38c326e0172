import type { Db } from '../database.ts'

export interface ValueCount {
  value: string
  n: number
  /** Of all values, also those beyond the limit. */
  total: number
}

/**
 * The commonest environments or releases of a range of hours.
 * Leans on rollup_value_hour's primary key (project_id, bucket, kind, value); bounds prune the months.
 */
export async function listBreakdown(
  db: Db,
  projectId: number,
  kind: 'environment' | 'release',
  range: { from: Date; to: Date },
  limit: number,
): Promise<ValueCount[]> {
  const { rows } = await db.query<ValueCount>(
    `select value, sum(n) as n, sum(sum(n)) over () as total from rollup_value_hour
     where project_id = $1 and bucket >= $2 and bucket < $3 and kind = $4
     group by value order by 2 desc, 1 limit $5`,
    [projectId, range.from, range.to, kind, limit],
  )
  return rows
}
