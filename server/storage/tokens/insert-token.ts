// A new token, for somebody who is a member at this moment. Leans on member_pkey.
import type { Scope } from '#shared/schemas/token.ts'
import type { Db } from '../database.ts'
import type { TokenRow } from './list-tokens.ts'

export interface NewToken {
  organizationId: number
  creatorId: string
  name: string
  tokenHash: Buffer
  hint: string
  scopes: readonly Scope[]
  expiresInDays: number | null
}

/** Null when the creator is no member (any more): the lock keeps who is one from leaving in between. */
export async function insertToken(db: Db, token: NewToken): Promise<TokenRow | null> {
  const { rows } = await db.query<Omit<TokenRow, 'lastUsedAt'>>(
    `WITH creator AS (
       SELECT m.organization_id, m.user_id, m.role, u.name
         FROM member m JOIN "user" u ON u.id = m.user_id
        WHERE m.organization_id = $1 AND m.user_id = $2 FOR KEY SHARE OF m
     ), made AS (
       INSERT INTO api_token (organization_id, creator_id, name, token_hash, hint, scopes, expires_at)
       SELECT organization_id, user_id, $3, $4, $5, $6, now() + $7::int * interval '1 day' FROM creator
       RETURNING id, name, hint, scopes, created_at, expires_at
     )
     SELECT made.id, made.name, made.hint, made.scopes, creator.user_id AS "creatorId",
            creator.name AS "creatorName", creator.role AS "creatorRole",
            made.created_at AS "createdAt", made.expires_at AS "expiresAt"
       FROM made, creator`,
    [
      token.organizationId,
      token.creatorId,
      token.name,
      token.tokenHash,
      token.hint,
      token.scopes,
      token.expiresInDays,
    ],
  )
  return rows[0] ? { ...rows[0], lastUsedAt: null } : null
}
