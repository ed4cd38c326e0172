// An organisation as one of its members sees it. Leans on organization_slug_key and member_pkey.
import type { Role } from '#shared/schemas/org.ts'
import type { Db } from '../database.ts'

export interface MemberOrgRow {
  id: number
  slug: string
  name: string
  role: Role
  createdAt: Date
}

export async function findMember(
  db: Db,
  { userId, orgSlug }: { userId: string; orgSlug: string },
): Promise<MemberOrgRow | null> {
  const { rows } = await db.query<MemberOrgRow>({
    name: 'find-member',
    text: `SELECT o.id, o.slug, o.name, m.role, o.created_at AS "createdAt"
             FROM organization o
             JOIN member m ON m.organization_id = o.id AND m.user_id = $2
            WHERE o.slug = $1 AND o.deleting_at IS NULL`,
    values: [orgSlug, userId],
  })
  return rows[0] ?? null
}
