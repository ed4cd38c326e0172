import { FOLDING_OUTCOMES } from '../advisory-locks.ts'
import type { Db } from '../database.ts'

/** Adds up a project's outcomes by minute, as `foldEvents` does events: one statement, rows consumed exactly once. */
export async function foldOutcomes(
  db: Db,
  projectId: number,
  afterId: number,
  maxRows: number,
): Promise<{ rows: number; maxId: number | null }> {
  const { rows } = await db.query<{ rows: number; max_id: number | null }>({
    name: 'fold-outcomes',
    text: `
      with lock as materialized (
        select pg_try_advisory_xact_lock(${FOLDING_OUTCOMES}, $1::int) as held
      ), d as materialized (
        delete from outcome_delta
        where project_id = $1 and id > $2 and (select held from lock)
          and id <= coalesce((
            select id from outcome_delta where project_id = $1 and id > $2 order by project_id, id offset $3::int - 1 limit 1
          ), 9223372036854775807)
        returning *
      ), f as (
        insert into outcome_minute as o (project_id, minute, outcome, n)
        select $1, minute, outcome, sum(n) from d group by 2, 3 order by 2, 3
        on conflict (project_id, minute, outcome) do update set n = o.n + excluded.n
      )
      select count(*)::int as rows, max(id) as max_id from d`,
    values: [projectId, afterId, maxRows],
  })
  return { rows: rows[0]!.rows, maxId: rows[0]!.max_id }
}
