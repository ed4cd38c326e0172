// Closes the books of weeks that are over: their partitions are dropped, so what they held is taken off group_total and
// the rows go. A bounded number of rows in a statement that does both, so that nothing is taken off twice whatever
// crashes. Leans on stored_group_pkey and stored_day_pkey, project by project.
import type { Db } from '../database.ts'

/**
 * @param today UTC day: what expires on it or before is over
 * @returns rows closed in this step; call again while it is not 0
 */
export async function closeWeeks(
  db: Db,
  { projectId, today, limit }: { projectId: number; today: string; limit: number },
): Promise<number> {
  const { rows } = await db.query<{ closed: number }>(
    `WITH over AS MATERIALIZED (
       SELECT expires_on, group_id FROM stored_group WHERE project_id = $1 AND expires_on <= $2
        ORDER BY expires_on, group_id LIMIT $3 FOR UPDATE
     ), gone AS MATERIALIZED (
       DELETE FROM stored_group s USING over o
        WHERE s.project_id = $1 AND s.expires_on = o.expires_on AND s.group_id = o.group_id
       RETURNING s.group_id, s.events, s.bytes
     ), sums AS MATERIALIZED (
       SELECT group_id, sum(events) AS events, sum(bytes) AS bytes FROM gone GROUP BY 1 ORDER BY 1
     ), totals AS (
       UPDATE group_total t
          SET stored_count = greatest(0, t.stored_count - g.events), stored_bytes = greatest(0, t.stored_bytes - g.bytes)
         FROM sums g WHERE t.project_id = $1 AND t.group_id = g.group_id
     ), days AS (
       DELETE FROM stored_day WHERE project_id = $1 AND expires_on <= $2 RETURNING 1
     )
     SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM days) AS closed`,
    [projectId, today, limit],
  )
  return rows[0]!.closed // without a table in the outer question there is one row
}

/** Projects with books of weeks that are over: one probe of stored_group_pkey each, asked every few seconds. */
export async function listProjectsToClose(db: Db, today: string): Promise<number[]> {
  const { rows } = await db.query<{ id: number }>(
    `SELECT p.id FROM project p
      WHERE EXISTS (SELECT FROM stored_group g WHERE g.project_id = p.id AND g.expires_on <= $1 OFFSET 0)
      ORDER BY p.id`,
    [today],
  )
  return rows.map(({ id }) => id)
}
