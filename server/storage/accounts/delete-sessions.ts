// Ends sessions of one person: one by its id, or all but one. Leans on session_pkey and session_user_id_idx.
import type { Db } from '../database.ts'

export async function deleteSession(
  db: Db,
  { userId, id }: { userId: string; id: string },
): Promise<boolean> {
  const { rowCount } = await db.query(`DELETE FROM session WHERE id = $1 AND user_id = $2`, [id, userId])
  return rowCount === 1
}

export async function deleteOtherSessions(
  db: Db,
  { userId, keepId }: { userId: string; keepId: string },
): Promise<void> {
  await db.query(`DELETE FROM session WHERE user_id = $1 AND id <> $2`, [userId, keepId])
}
