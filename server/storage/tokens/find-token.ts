// The token of a secret, by its hash, unless it has expired by PostgreSQL's clock. Asked at every request that shows
// one. Leans on api_token_token_hash_key and user_pkey.
import type { Scope } from '#shared/schemas/token.ts'
import type { Db } from '../database.ts'

export interface LiveTokenRow {
  organizationId: number
  id: number
  name: string
  scopes: Scope[]
  creatorId: string
  /** Nobody has noted its use for a minute. */
  useIsNews: boolean
}

export async function findToken(db: Db, tokenHash: Buffer): Promise<LiveTokenRow | null> {
  const { rows } = await db.query<LiveTokenRow>({
    name: 'find-token',
    text: `SELECT organization_id AS "organizationId", id, name, scopes, creator_id AS "creatorId",
                  coalesce(last_used_at < now() - interval '1 minute', true) AS "useIsNews"
             FROM api_token
            WHERE token_hash = $1 AND (expires_at IS NULL OR expires_at > now())`,
    values: [tokenHash],
  })
  return rows[0] ?? null
}
