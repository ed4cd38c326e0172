import type { Db } from '../database.ts'
import type { ClaimedDelivery } from './claim-deliveries.ts'

export interface Finished {
  state: 'pending' | 'delivered' | 'failed'
  /** Of what stays pending. */
  nextAt: Date | null
  statusCode: number | null
  error: string | null
  answer: string | null
  durationMs: number
  /** Null: how the destination is said nothing about (a test, what is wrong with this one alone). */
  works: boolean | null
  /** The whole destination is left alone until then. */
  heldUntil: Date | null
}

/**
 * What came of an attempt. The delivery is written by the attempt that is its last one only, the webhook given back by
 * whoever holds its lease: a node that froze in between changes neither.
 */
export async function finishDelivery(
  db: Db,
  { projectId, webhookId, id, attempts, lease }: ClaimedDelivery,
  now: Date,
  finished: Finished,
): Promise<void> {
  await db.query({
    name: 'finish-delivery',
    text: `
      with d as (
        update webhook_delivery set state = $6, next_at = coalesce($7, next_at), status_code = $8, error = $9,
          answer = $10, duration_ms = $11, finished_at = case when $6 = 'pending' then null else $5::timestamptz end
        where project_id = $1 and delivery_id = $3::bigint and attempts = $4 and state = 'pending'
      )
      update webhook set busy_until = null, held_until = $13,
        failures = case $12::boolean when true then 0 when false then failures + 1 else failures end,
        failing_since = case $12::boolean when true then null when false then coalesce(failing_since, $5)
                        else failing_since end
      where project_id = $1 and webhook_id = $2 and busy_until = $14`,
    values: [
      ...[projectId, webhookId, id, attempts, now],
      ...[finished.state, finished.nextAt, finished.statusCode, finished.error, finished.answer],
      ...[finished.durationMs, finished.works, finished.heldUntil, lease],
    ],
  })
}
