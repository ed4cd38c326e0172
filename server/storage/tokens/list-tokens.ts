// The tokens of an organisation with who made them, newest first. Leans on api_token_pkey, member_pkey and user_pkey.
import type { Role } from '#shared/schemas/org.ts'
import type { Scope } from '#shared/schemas/token.ts'
import type { Db } from '../database.ts'

export interface TokenRow {
  id: number
  name: string
  hint: string
  scopes: Scope[]
  creatorId: string
  creatorName: string
  creatorRole: Role
  createdAt: Date
  expiresAt: Date | null
  lastUsedAt: Date | null
}

export async function listTokens(
  db: Db,
  query: { organizationId: number; beforeId: string | null; limit: number },
): Promise<TokenRow[]> {
  const { rows } = await db.query<TokenRow>(
    `SELECT t.id, t.name, t.hint, t.scopes, t.creator_id AS "creatorId", u.name AS "creatorName",
            m.role AS "creatorRole", t.created_at AS "createdAt", t.expires_at AS "expiresAt",
            t.last_used_at AS "lastUsedAt"
       FROM api_token t
       JOIN member m ON m.organization_id = t.organization_id AND m.user_id = t.creator_id
       JOIN "user" u ON u.id = t.creator_id
      WHERE t.organization_id = $1 AND ($2::bigint IS NULL OR t.id < $2)
      ORDER BY t.id DESC LIMIT $3`,
    [query.organizationId, query.beforeId, query.limit],
  )
  return rows
}
