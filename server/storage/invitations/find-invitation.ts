// An invitation by the hash of its token, with all that decides what it is worth. Leans on invitation_token_hash_key.
import type { Role } from '#shared/schemas/org.ts'
import type { Db } from '../database.ts'

export interface FoundInvitation {
  orgName: string
  role: Role
  inviterName: string
  /** Null when the inviter left. */
  inviterRole: Role | null
  expiresAt: Date
  expired: boolean
  used: boolean
  revoked: boolean
}

export async function findInvitation(db: Db, tokenHash: Buffer): Promise<FoundInvitation | null> {
  const { rows } = await db.query<FoundInvitation>(
    `SELECT o.name AS "orgName", i.role, u.name AS "inviterName", m.role AS "inviterRole",
            i.expires_at AS "expiresAt", i.expires_at <= clock_timestamp() AS expired,
            i.accepted_at IS NOT NULL AS used, i.revoked_at IS NOT NULL AS revoked
       FROM invitation i
       JOIN organization o ON o.id = i.organization_id AND o.deleting_at IS NULL
       JOIN "user" u ON u.id = i.inviter_id
       LEFT JOIN member m ON m.organization_id = i.organization_id AND m.user_id = i.inviter_id
      WHERE i.token_hash = $1`,
    [tokenHash],
  )
  return rows[0] ?? null
}
