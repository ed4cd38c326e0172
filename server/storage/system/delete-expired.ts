import type { Db } from '../database.ts'

/** A step of sweeping: bounded, so that no statement holds many locks or runs long. */
const STEP = 5_000

const KEPT_MS = 2 * 86_400_000

/**
 * Removes receipts and news older than two days.
 * @param now PostgreSQL's clock, ms since the epoch
 * @returns rows removed in this step; call again while it is not 0
 */
export async function deleteExpired(db: Db, now: number): Promise<number> {
  const before = new Date(now - KEPT_MS)
  const receipts = await db.query(
    `delete from receipt where ctid = any(array(
       select ctid from receipt where received_at < $1 order by received_at limit ${STEP}))`,
    [before],
  )
  const news = await db.query(
    `delete from outbox where id in (
       select id from outbox where created_at < $1 order by created_at limit ${STEP})`,
    [before],
  )
  return (receipts.rowCount ?? 0) + (news.rowCount ?? 0)
}
