import type { Db } from '../database.ts'

/** A step of sweeping: bounded, so that no statement holds many locks or runs long. */
const STEP = 5_000

/**
 * Removes what is older than the longest retention. Leans on client_report_minute_minute_idx (BRIN: rows lie in the
 * order of their minutes). @returns rows removed in this step; call again while it is not 0
 */
export async function deleteOldClientReports(db: Db): Promise<number> {
  const { rowCount } = await db.query(
    `delete from client_report_minute where ctid = any(array(
       select ctid from client_report_minute where minute < now() - interval '90 days' limit ${STEP}))`,
  )
  return rowCount ?? 0
}
