import type { Db } from '../database.ts'
import { LIVE_PROJECTS } from '../projects/lock-live-projects.ts'

/**
 * Adds what SDKs said they dropped, by minute, but of projects that are gone meanwhile. Summed before, so one row per project, minute and pair; sorted, so that
 * two nodes that write the same rows wait for each other instead of deadlocking.
 */
export async function insertClientReports(
  db: Db,
  counts: readonly { projectId: number; at: number; reason: string; category: string; n: number }[],
): Promise<void> {
  await db.query({
    name: 'insert-client-reports',
    text: `
      with ${LIVE_PROJECTS('$1')}
      insert into client_report_minute as m (project_id, minute, reason, category, n)
      select project_id, date_trunc('minute', to_timestamp(at / 1000)), reason, category, sum(n)
      from unnest($1::int[], $2::float8[], $3::text[], $4::text[], $5::bigint[]) as t (project_id, at, reason, category, n)
      where project_id in (select id from live)
      group by 1, 2, 3, 4 order by 1, 2, 3, 4
      on conflict (project_id, minute, reason, category) do update set n = m.n + excluded.n`,
    values: [
      counts.map((c) => c.projectId),
      counts.map((c) => c.at),
      counts.map((c) => c.reason),
      counts.map((c) => c.category),
      counts.map((c) => c.n),
    ],
  })
}
