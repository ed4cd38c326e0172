import type { Db } from '../database.ts'

/** A step of sweeping: bounded, so that no statement holds many locks or runs long. */
const STEP = 5_000

/**
 * Removes what alert rules counted longer ago than any window (a day) and some lateness, causes older than the outbox's
 * memory, and alerts resolved 90 days ago.
 * @returns rows removed in this step; call again while it is not 0
 */
export async function deleteOldCounts(db: Db): Promise<number> {
  let removed = 0
  for (const [table, condition] of [
    ['rule_count', `minute < now() - interval '2 days'`],
    ['rule_user', `minute < now() - interval '1 day'`],
    ['alert_cause', `created_at < now() - interval '3 days'`],
    [
      'alert',
      `state = 'resolved' and created_at < now() - interval '90 days' and resolved_at < now() - interval '90 days'`,
    ],
  ] as const) {
    const { rowCount } = await db.query(
      `delete from ${table} where ctid = any(array(select ctid from ${table} where ${condition} limit ${STEP}))`,
    )
    removed += rowCount ?? 0
  }
  return removed
}
