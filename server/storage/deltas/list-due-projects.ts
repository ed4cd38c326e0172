import type { Db } from '../database.ts'

/**
 * Projects that have something to fold. A loose index scan over the primary keys (PostgreSQL wiki, "Loose indexscan"):
 * one probe per project with deltas, not one per delta.
 */
export async function listDueProjects(db: Db): Promise<number[]> {
  const { rows } = await db.query<{ project_id: number }>(`
    with recursive e as (
      (select project_id from event_delta order by project_id limit 1)
      union all
      select (select d.project_id from event_delta d where d.project_id > e.project_id order by d.project_id limit 1)
      from e where e.project_id is not null
    ), o as (
      (select project_id from outcome_delta order by project_id limit 1)
      union all
      select (select d.project_id from outcome_delta d where d.project_id > o.project_id order by d.project_id limit 1)
      from o where o.project_id is not null
    )
    select project_id from e where project_id is not null
    union
    select project_id from o where project_id is not null`)
  return rows.map((r) => r.project_id)
}
