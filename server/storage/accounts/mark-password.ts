// A new password: in the row better-auth reads, which is made for somebody who had none. Leans on account_user_id_idx.
import type { Db } from '../database.ts'

export async function markPassword(
  db: Db,
  { userId, passwordHash }: { userId: string; passwordHash: string },
): Promise<void> {
  const { rowCount } = await db.query(
    `UPDATE account SET password = $2, updated_at = now() WHERE user_id = $1 AND provider_id = 'credential'`,
    [userId, passwordHash],
  )
  if (rowCount) return
  await db.query(
    `INSERT INTO account (id, account_id, provider_id, user_id, password)
     VALUES (gen_random_uuid()::text, $1, 'credential', $1, $2)`,
    [userId, passwordHash],
  )
}
