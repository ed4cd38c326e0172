import type { Outcome } from '../../../shared/schemas/stats.ts'
import { OUTCOMES } from '../../../shared/constants/outcomes.ts'
import type { Db } from '../database.ts'
import { LIVE_PROJECTS } from '../projects/lock-live-projects.ts'

export interface OutcomeCount {
  projectId: number
  /** ms since the epoch, any time within the minute */
  at: number
  outcome: Outcome
  n: number
}

/** Appends outcomes to be folded, but those of projects that are gone meanwhile: nobody would remove them again. */
export async function insertOutcomes(db: Db, counts: readonly OutcomeCount[]): Promise<void> {
  await db.query({
    name: 'insert-outcomes',
    text: `
      with ${LIVE_PROJECTS('$1')}
      insert into outcome_delta (project_id, minute, outcome, n)
      select project_id, date_trunc('minute', to_timestamp(at / 1000)), outcome, n
      from unnest($1::int[], $2::float8[], $3::smallint[], $4::int[]) as t (project_id, at, outcome, n)
      where project_id in (select id from live)`,
    values: [
      counts.map((c) => c.projectId),
      counts.map((c) => c.at),
      counts.map((c) => OUTCOMES.indexOf(c.outcome)),
      counts.map((c) => c.n),
    ],
  })
}
