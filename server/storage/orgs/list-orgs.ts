// The organisations of one person, by short name. Leans on member_user_id_idx and organization_pkey.
import type { Db } from '../database.ts'
import type { MemberOrgRow } from './find-member.ts'

export async function listOrgs(
  db: Db,
  { userId, after, limit }: { userId: string; after: string | null; limit: number },
): Promise<MemberOrgRow[]> {
  const { rows } = await db.query<MemberOrgRow>(
    `SELECT o.id, o.slug, o.name, m.role, o.created_at AS "createdAt"
       FROM member m
       JOIN organization o ON o.id = m.organization_id
      WHERE m.user_id = $1 AND o.deleting_at IS NULL AND ($2::text IS NULL OR o.slug > $2)
      ORDER BY o.slug
      LIMIT $3`,
    [userId, after, limit],
  )
  return rows
}
