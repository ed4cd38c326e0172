// Somebody takes an alert on, gives it back or ends it. Leans on alert's primary key.
import type { AlertState } from '#shared/schemas/alert.ts'
import type { Db } from '../database.ts'
import { ALERT_NEWS } from './alert-news.ts'

/** Its state, held until the end of the transaction; null: the project has no such alert. */
export async function lockAlert(db: Db, projectId: number, id: string): Promise<AlertState | null> {
  const { rows } = await db.query<{ state: AlertState }>(
    `select state from alert where project_id = $1 and alert_id = $2::bigint for no key update`,
    [projectId, id],
  )
  return rows[0]?.state ?? null
}

/** With the news. The caller holds the alert, and knows that it is open. */
export async function markAlertState(
  db: Db,
  change: { projectId: number; id: string; state: AlertState; actorId: string },
): Promise<void> {
  await db.query(
    `with a as (
       update alert a set state = $3,
         acknowledged_at = case $3 when 'active' then null when 'acknowledged' then now() else acknowledged_at end,
         acknowledged_by = case $3 when 'active' then null when 'acknowledged' then $4 else acknowledged_by end,
         resolved_at = case $3 when 'resolved' then now() end, resolved_by = case $3 when 'resolved' then $4 end
       where a.project_id = $1 and a.alert_id = $2::bigint
       returning a.*
     )
     insert into outbox (project_id, kind, issue_id, payload)
     select a.project_id, case $3 when 'resolved' then 'alert.resolved' else 'alert.updated' end, nullif(a.issue_id, 0),
            ${ALERT_NEWS} || jsonb_build_object('actorId', $4::text) from a`,
    [change.projectId, change.id, change.state, change.actorId],
  )
}
