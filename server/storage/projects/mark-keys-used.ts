import type { Db } from '../database.ts'

/**
 * These keys were used within the last minute. A row that another node has just written, or is writing, is as good.
 * Leans on project_key's unique public_key.
 */
export async function markKeysUsed(db: Db, publicKeys: readonly string[]): Promise<void> {
  await db.query(
    `update project_key set last_used_at = now() where (project_id, id) in (
       select project_id, id from project_key
       where public_key = any($1::text[]) and (last_used_at is null or last_used_at < now() - interval '30 seconds')
       for no key update skip locked)`,
    [publicKeys],
  )
}
