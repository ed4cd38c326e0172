// The open invitations of an organisation, newest first. Leans on invitation_pkey; an organisation has tens of them.
import type { Role } from '#shared/schemas/org.ts'
import type { Db } from '../database.ts'

export interface InvitationRow {
  id: number
  role: Role
  note: string | null
  inviterId: string
  inviterName: string
  createdAt: Date
  expiresAt: Date
}

export async function listInvitations(
  db: Db,
  query: { organizationId: number; beforeId: string | null; limit: number },
): Promise<InvitationRow[]> {
  const { rows } = await db.query<InvitationRow>(
    `SELECT i.id, i.role, i.note, i.inviter_id AS "inviterId", u.name AS "inviterName",
            i.created_at AS "createdAt", i.expires_at AS "expiresAt"
       FROM invitation i
       JOIN "user" u ON u.id = i.inviter_id
      WHERE i.organization_id = $1 AND ($2::bigint IS NULL OR i.id < $2)
        AND i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > now()
      ORDER BY i.id DESC
      LIMIT $3`,
    [query.organizationId, query.beforeId, query.limit],
  )
  return rows
}
