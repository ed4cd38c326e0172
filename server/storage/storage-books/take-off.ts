// Takes events that were deleted off the books of storage (stored_day, stored_group, group_total). What comes to nothing
// has no row. Rows are locked in the order of their primary keys, as the folder does. Leans on those keys.
import type { Gone } from '../erasing/delete-some.ts'
import type { Db } from '../database.ts'

export async function takeOff(db: Db, projectId: number, gone: readonly Gone[]): Promise<void> {
  if (gone.length === 0) return
  await db.query(
    `WITH gone AS MATERIALIZED (
       SELECT * FROM unnest($2::bigint[], $3::date[], $4::date[], $5::bigint[], $6::bigint[])
         AS g (group_id, received_on, expires_on, events, bytes)
     ), totals AS MATERIALIZED (
       SELECT t.group_id, g.events, g.bytes
         FROM (SELECT group_id, sum(events) AS events, sum(bytes) AS bytes FROM gone GROUP BY 1 ORDER BY 1) g
         CROSS JOIN LATERAL (
           SELECT group_id FROM group_total t WHERE t.project_id = $1 AND t.group_id = g.group_id FOR NO KEY UPDATE) t
     ), of_groups AS (
       UPDATE group_total t
          SET stored_count = greatest(0, t.stored_count - g.events), stored_bytes = greatest(0, t.stored_bytes - g.bytes)
         FROM totals g WHERE t.project_id = $1 AND t.group_id = g.group_id
     ), days AS MATERIALIZED (
       SELECT received_on, expires_on, sum(events) AS events, sum(bytes) AS bytes FROM gone GROUP BY 1, 2 ORDER BY 1, 2
     ), less_days AS (
       UPDATE stored_day d SET events = d.events - g.events, bytes = d.bytes - g.bytes
         FROM days g
        WHERE d.project_id = $1 AND d.received_on = g.received_on AND d.expires_on = g.expires_on AND d.events > g.events
     ), no_days AS (
       DELETE FROM stored_day d USING days g
        WHERE d.project_id = $1 AND d.received_on = g.received_on AND d.expires_on = g.expires_on AND d.events <= g.events
     ), weeks AS MATERIALIZED (
       SELECT expires_on, group_id, sum(events) AS events, sum(bytes) AS bytes FROM gone GROUP BY 1, 2 ORDER BY 1, 2
     ), less_weeks AS (
       UPDATE stored_group s SET events = s.events - g.events, bytes = s.bytes - g.bytes
         FROM weeks g
        WHERE s.project_id = $1 AND s.expires_on = g.expires_on AND s.group_id = g.group_id AND s.events > g.events
     )
     DELETE FROM stored_group s USING weeks g
      WHERE s.project_id = $1 AND s.expires_on = g.expires_on AND s.group_id = g.group_id AND s.events <= g.events`,
    [
      projectId,
      gone.map((g) => g.groupId),
      gone.map((g) => g.receivedOn),
      gone.map((g) => g.expiresOn),
      gone.map((g) => g.events),
      gone.map((g) => g.bytes),
    ],
  )
}
