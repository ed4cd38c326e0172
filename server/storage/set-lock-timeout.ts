import type { Db } from './database.ts'

/** For the rest of the caller's transaction, whose statements give up waiting for a lock after this long (55P03). */
export async function setLockTimeout(db: Db, ms: number): Promise<void> {
  await db.query(`select set_config('lock_timeout', $1, true)`, [String(ms)])
}
