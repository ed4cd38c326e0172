import type { Db } from '../database.ts'

/** A step of sweeping: bounded, so that no statement holds many locks or runs long. */
const STEP = 5_000

/** Removes receipts and news older than two days. @returns rows removed in this step; call again while it is not 0 */
export async function deleteExpired(db: Db): Promise<number> {
  const receipts = await db.query(
    `delete from receipt where ctid = any(array(
       select ctid from receipt where received_at < now() - interval '2 days' order by received_at limit ${STEP}))`,
  )
  const news = await db.query(
    `delete from outbox where id in (
       select id from outbox where created_at < now() - interval '2 days' order by created_at limit ${STEP})`,
  )
  return (receipts.rowCount ?? 0) + (news.rowCount ?? 0)
}
