// A new organisation, or null when the short name is taken (organization_slug_key). Its first owner follows in the
// same transaction.
import type { Role } from '#shared/schemas/org.ts'
import type { Db } from '../database.ts'

export interface OrgRow {
  id: number
  slug: string
  name: string
  createdAt: Date
}

export async function insertOrg(db: Db, org: { slug: string; name: string }): Promise<OrgRow | null> {
  const { rows } = await db.query<OrgRow>(
    `INSERT INTO organization (slug, name) VALUES ($1, $2) ON CONFLICT (slug) DO NOTHING
     RETURNING id, slug, name, created_at AS "createdAt"`,
    [org.slug, org.name],
  )
  return rows[0] ?? null
}

export async function insertMember(
  db: Db,
  member: { organizationId: number; userId: string; role: Role },
): Promise<void> {
  await db.query(`INSERT INTO member (organization_id, user_id, role) VALUES ($1, $2, $3)`, [
    member.organizationId,
    member.userId,
    member.role,
  ])
}
