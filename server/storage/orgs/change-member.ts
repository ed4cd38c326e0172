// Changing who belongs to an organisation, and as what. Leans on organization_pkey and member_pkey.
import type { Role } from '#shared/schemas/org.ts'
import type { Db } from '../database.ts'
import type { MemberRow } from './list-members.ts'

/**
 * Makes changes of one organisation's membership wait for each other until the transaction ends, so that what is read
 * after it (who is an owner still?) stays true. False when the organisation is being removed.
 */
export async function lockMembership(db: Db, organizationId: number): Promise<boolean> {
  const { rowCount } = await db.query(
    `SELECT FROM organization WHERE id = $1 AND deleting_at IS NULL FOR NO KEY UPDATE`,
    [organizationId],
  )
  return rowCount === 1
}

/** Everybody a change can be about or depend on: the owners, and those named. Locked, to be changed. */
export async function listOwnersAnd(
  db: Db,
  { organizationId, userIds }: { organizationId: number; userIds: string[] },
): Promise<MemberRow[]> {
  const { rows } = await db.query<MemberRow>(
    `SELECT u.id, u.name, u.email, m.role, m.created_at AS "joinedAt"
       FROM member m
       JOIN "user" u ON u.id = m.user_id
      WHERE m.organization_id = $1 AND (m.role = 'owner' OR m.user_id = ANY ($2))
      ORDER BY m.user_id
        FOR UPDATE OF m`,
    [organizationId, userIds],
  )
  return rows
}

export async function markRole(
  db: Db,
  { organizationId, userId, role }: { organizationId: number; userId: string; role: Role },
): Promise<void> {
  await db.query(`UPDATE member SET role = $3 WHERE organization_id = $1 AND user_id = $2`, [
    organizationId,
    userId,
    role,
  ])
}

/** API tokens go with it, by their foreign key. */
export async function deleteMember(
  db: Db,
  { organizationId, userId }: { organizationId: number; userId: string },
): Promise<void> {
  await db.query(`DELETE FROM member WHERE organization_id = $1 AND user_id = $2`, [organizationId, userId])
}

/** False when they are a member already. */
export async function insertMemberOnce(
  db: Db,
  { organizationId, userId, role }: { organizationId: number; userId: string; role: Role },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `INSERT INTO member (organization_id, user_id, role) VALUES ($1, $2, $3)
     ON CONFLICT (organization_id, user_id) DO NOTHING`,
    [organizationId, userId, role],
  )
  return rowCount === 1
}
