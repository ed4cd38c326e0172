// An organisation, or a project with its organisation, whoever asks: for the operator alone. A request is proved by
// find-member.ts and find-project-member.ts.
import type { Db } from '../database.ts'
import type { OrgRow } from './insert-org.ts'

export async function findAnyOrg(db: Db, slug: string): Promise<OrgRow | null> {
  const { rows } = await db.query<OrgRow>(
    `SELECT id, slug, name, created_at AS "createdAt" FROM organization WHERE slug = $1 AND deleting_at IS NULL`,
    [slug],
  )
  return rows[0] ?? null
}

export interface AnyProjectRow {
  id: number
  orgSlug: string
  slug: string
  name: string
  platform: string
  retentionDays: number
  createdAt: Date
}

/** By its number, or by both short names. */
export async function findAnyProject(
  db: Db,
  where: { id: string } | { orgSlug: string; slug: string },
): Promise<AnyProjectRow | null> {
  const [condition, values] =
    'id' in where
      ? ['p.id = $1::bigint', [where.id]]
      : ['o.slug = $1 AND p.slug = $2', [where.orgSlug, where.slug]]
  const { rows } = await db.query<AnyProjectRow>(
    `SELECT p.id, o.slug AS "orgSlug", p.slug, p.name, p.platform, p.retention_days AS "retentionDays",
            p.created_at AS "createdAt"
       FROM project p JOIN organization o ON o.id = p.organization_id
      WHERE ${condition} AND p.deleting_at IS NULL AND o.deleting_at IS NULL`,
    values,
  )
  return rows[0] ?? null
}

/** Owners first, then admins, longest-serving first. */
export async function findLeadingMember(
  db: Db,
  organizationId: number,
): Promise<{ id: string; email: string; role: 'owner' | 'admin' | 'member' } | null> {
  const { rows } = await db.query<{ id: string; email: string; role: 'owner' | 'admin' | 'member' }>(
    `SELECT u.id, u.email, m.role FROM member m JOIN "user" u ON u.id = m.user_id
      WHERE m.organization_id = $1
      ORDER BY array_position(ARRAY['owner', 'admin', 'member'], m.role), m.created_at LIMIT 1`,
    [organizationId],
  )
  return rows[0] ?? null
}
