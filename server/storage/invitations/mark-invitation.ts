// An invitation ends: accepted, or taken back.
import type { Role } from '#shared/schemas/org.ts'
import type { Db } from '../database.ts'

export interface TakenInvitation {
  id: number
  organizationId: number
  inviterId: string
  role: Role
}

/**
 * Spends an open invitation; null when it is not open, not known, or its inviter could not make it today. One
 * conditional update: of any number of holders one wins. The inviter's row is read under a lock, so that whoever takes
 * the inviter's role away comes either before this (and it fails) or after it. Leans on invitation_token_hash_key and
 * member_pkey.
 */
export async function markAccepted(
  db: Db,
  { tokenHash, userId }: { tokenHash: Buffer; userId: string },
): Promise<TakenInvitation | null> {
  const { rows } = await db.query<TakenInvitation>(
    `WITH inviter AS MATERIALIZED (
       SELECT m.organization_id, m.user_id, m.role
         FROM invitation i
         JOIN organization o ON o.id = i.organization_id AND o.deleting_at IS NULL
         JOIN member m ON m.organization_id = i.organization_id AND m.user_id = i.inviter_id
        WHERE i.token_hash = $1
          FOR SHARE OF m
     )
     UPDATE invitation i SET accepted_at = clock_timestamp(), accepted_by = $2
       FROM inviter
      WHERE i.token_hash = $1
        AND inviter.organization_id = i.organization_id AND inviter.user_id = i.inviter_id
        AND i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > clock_timestamp()
        AND (inviter.role = 'owner' OR inviter.role = 'admin' AND i.role <> 'owner')
     RETURNING i.id, i.organization_id AS "organizationId", i.inviter_id AS "inviterId", i.role`,
    [tokenHash, userId],
  )
  return rows[0] ?? null
}

/** Whether it exists, and whether this took it back: taking back twice is no error. */
export async function markRevoked(
  db: Db,
  { organizationId, id }: { organizationId: number; id: string },
): Promise<'revoked' | 'over' | null> {
  const { rows } = await db.query<{ open: boolean }>(
    `WITH found AS (
       SELECT organization_id, id, accepted_at IS NULL AND revoked_at IS NULL AS open
         FROM invitation WHERE organization_id = $1 AND id = $2::bigint FOR UPDATE
     ), revoked AS (
       UPDATE invitation i SET revoked_at = clock_timestamp()
         FROM found WHERE found.open AND i.organization_id = found.organization_id AND i.id = found.id
     )
     SELECT open FROM found`,
    [organizationId, id],
  )
  const [row] = rows
  return row ? (row.open ? 'revoked' : 'over') : null
}

/** Takes back what somebody invited to and could not any more; `role` null: who left. Leans on invitation_pkey. */
export async function revokeBeyond(
  db: Db,
  { organizationId, inviterId, role }: { organizationId: number; inviterId: string; role: Role | null },
): Promise<void> {
  await db.query(
    `UPDATE invitation SET revoked_at = clock_timestamp()
      WHERE organization_id = $1 AND inviter_id = $2 AND accepted_at IS NULL AND revoked_at IS NULL
        AND NOT coalesce($3 = 'owner' OR $3 = 'admin' AND role <> 'owner', false)`,
    [organizationId, inviterId, role],
  )
}
