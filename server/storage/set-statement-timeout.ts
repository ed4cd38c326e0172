import type { Db } from './database.ts'

/** For the rest of the caller's transaction, whose further statements PostgreSQL gives up after this long (57014). */
export async function setStatementTimeout(db: Db, ms: number): Promise<void> {
  await db.query(`select set_config('statement_timeout', $1, true)`, [String(ms)])
}
