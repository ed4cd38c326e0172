// Notes that a token is in use, once a minute whoever asks and however often. Leans on api_token_pkey.
import type { Db } from '../database.ts'

export async function markTokenUsed(
  db: Db,
  { organizationId, id }: { organizationId: number; id: number },
): Promise<void> {
  await db.query(
    `UPDATE api_token SET last_used_at = now()
      WHERE organization_id = $1 AND id = $2
        AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')`,
    [organizationId, id],
  )
}
