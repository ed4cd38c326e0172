import type { Db } from '../database.ts'

export interface OrgProject {
  id: number
  slug: string
  name: string
}

/** The projects of an organisation, without counting anything. Leans on project_organization_id_slug_key. */
export async function listOrgProjects(db: Db, organizationId: number, limit: number): Promise<OrgProject[]> {
  const { rows } = await db.query<OrgProject>(
    `select id, slug, name from project
     where organization_id = $1 and deleting_at is null order by slug limit $2`,
    [organizationId, limit],
  )
  return rows
}
