import type { Db } from '../database.ts'

/** Removes windows that no node can ask about any more, however wrong its clock. Leans on rate_window_minute_idx. */
export async function deleteOldWindows(db: Db): Promise<void> {
  await db.query(`delete from rate_window where minute < now() - interval '1 hour'`)
}
