// Leans on api_token_pkey.
import type { Db } from '../database.ts'

/** Null when the organisation has no such token. */
export async function deleteToken(
  db: Db,
  { organizationId, id }: { organizationId: number; id: string },
): Promise<{ name: string; hint: string } | null> {
  const { rows } = await db.query<{ name: string; hint: string }>(
    `DELETE FROM api_token WHERE organization_id = $1 AND id = $2::bigint RETURNING name, hint`,
    [organizationId, id],
  )
  return rows[0] ?? null
}
