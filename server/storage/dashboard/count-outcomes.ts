import type { Db } from '../database.ts'
import { binder } from '../bind.ts'

export interface OutcomeCount {
  /** Place in the list of starts. */
  bucket: number
  outcome: number
  n: number
}

/**
 * Verdicts about received events per bucket; the caller says where buckets begin, so no time zone is known here.
 * Leans on outcome_minute's primary key (project_id, minute, outcome).
 */
export async function countOutcomes(
  db: Db,
  projectId: number,
  { starts, from, to }: { starts: readonly Date[]; from: Date; to: Date },
): Promise<OutcomeCount[]> {
  const { bind, values } = binder()
  const { rows } = await db.query<OutcomeCount>(
    `select greatest(width_bucket(minute, ${bind(starts)}::timestamptz[]) - 1, 0) as bucket, outcome, sum(n) as n
     from outcome_minute
     where project_id = ${bind(projectId)} and minute >= ${bind(from)} and minute < ${bind(to)}
     group by 1, 2`,
    values,
  )
  return rows
}
