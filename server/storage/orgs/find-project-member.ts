// A project, its organisation and this member's role there, in one statement: asked at every request below a
// project. Leans on project_pkey, organization_pkey and member_pkey.
import type { Role } from '#shared/schemas/org.ts'
import type { Db } from '../database.ts'
import type { MemberOrgRow } from './find-member.ts'

export interface MemberProjectRow {
  id: number
  slug: string
  name: string
  platform: string
  retentionDays: number
  createdAt: Date
}

interface Row {
  orgId: number
  orgSlug: string
  orgName: string
  orgCreatedAt: Date
  role: Role
  id: number
  slug: string
  name: string
  platform: string
  retentionDays: number
  createdAt: Date
}

export async function findProjectMember(
  db: Db,
  { userId, projectId }: { userId: string; projectId: string },
): Promise<{ org: MemberOrgRow; project: MemberProjectRow } | null> {
  const { rows } = await db.query<Row>({
    name: 'find-project-member',
    // bigint: an id beyond integer is an absent project, not an error.
    text: `SELECT o.id AS "orgId", o.slug AS "orgSlug", o.name AS "orgName", o.created_at AS "orgCreatedAt",
                  m.role, p.id, p.slug, p.name, p.platform, p.retention_days AS "retentionDays",
                  p.created_at AS "createdAt"
             FROM project p
             JOIN organization o ON o.id = p.organization_id
             JOIN member m ON m.organization_id = o.id AND m.user_id = $2
            WHERE p.id = $1::bigint AND p.deleting_at IS NULL AND o.deleting_at IS NULL`,
    values: [projectId, userId],
  })
  const row = rows[0]
  if (!row) return null
  const { orgId, orgSlug, orgName, orgCreatedAt, role, ...project } = row
  return { org: { id: orgId, slug: orgSlug, name: orgName, role, createdAt: orgCreatedAt }, project }
}
