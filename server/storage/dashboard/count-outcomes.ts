import type { Db } from '../database.ts'

export interface OutcomeCount {
  outcome: number
  n: number
}

/** Verdicts about received events in a range. Leans on outcome_minute's primary key (project_id, minute, outcome). */
export async function countOutcomes(
  db: Db,
  projectId: number,
  { from, to }: { from: Date; to: Date },
): Promise<OutcomeCount[]> {
  const { rows } = await db.query<OutcomeCount>(
    `select outcome, sum(n) as n from outcome_minute
     where project_id = $1 and minute >= $2 and minute < $3 group by outcome`,
    [projectId, from, to],
  )
  return rows
}
