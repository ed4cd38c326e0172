// A new invitation, as its list shows it. It expires by PostgreSQL's clock.
import type { Role } from '#shared/schemas/org.ts'
import type { Db } from '../database.ts'
import type { InvitationRow } from './list-invitations.ts'

export interface InvitationValues {
  organizationId: number
  inviterId: string
  role: Role
  note: string | null
  tokenHash: Buffer
  days: number
}

export async function insertInvitation(db: Db, values: InvitationValues): Promise<InvitationRow> {
  const { organizationId, inviterId, role, note, tokenHash, days } = values
  const { rows } = await db.query<InvitationRow>(
    `WITH made AS (
       INSERT INTO invitation (organization_id, inviter_id, role, note, token_hash, expires_at)
       VALUES ($1, $2, $3, $4, $5, now() + make_interval(days => $6)) RETURNING *
     )
     SELECT i.id, i.role, i.note, i.inviter_id AS "inviterId", u.name AS "inviterName",
            i.created_at AS "createdAt", i.expires_at AS "expiresAt"
       FROM made i JOIN "user" u ON u.id = i.inviter_id`,
    [organizationId, inviterId, role, note, tokenHash, days],
  )
  return rows[0]! // an INSERT returns its row, and its inviter exists by the foreign key
}
