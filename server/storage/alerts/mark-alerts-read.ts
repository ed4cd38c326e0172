import type { Db } from '../database.ts'
import type { Reader } from './list-alerts.ts'

/**
 * This member has seen what the snapshot saw; without one, everything until now. An older one than is known changes
 * nothing: two windows of one person answer in any order. Leans on alert_read's primary key.
 */
export async function markAlertsRead(
  db: Db,
  { organizationId, userId }: Reader,
  seen: { snapshot: string; at: string } | null,
): Promise<void> {
  await db.query(
    `insert into alert_read as r (organization_id, user_id, snapshot, read_at)
     values ($1, $2, coalesce($3::pg_snapshot, pg_current_snapshot()), coalesce($4::timestamptz, now()))
     on conflict (organization_id, user_id) do update set snapshot = excluded.snapshot, read_at = excluded.read_at
     where r.read_at < excluded.read_at`,
    [organizationId, userId, seen?.snapshot ?? null, seen?.at ?? null],
  )
}
