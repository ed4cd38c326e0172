// A person's new name. Leans on user_pkey.
import type { Db } from '../database.ts'

export async function markUser(db: Db, { id, name }: { id: string; name: string }): Promise<void> {
  await db.query(`UPDATE "user" SET name = $2, updated_at = now() WHERE id = $1`, [id, name])
}
