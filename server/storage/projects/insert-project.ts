// A new project, or null when the organisation has one of that short name (project_organization_id_slug_key).
import type { Db } from '../database.ts'

export async function insertProject(
  db: Db,
  project: { organizationId: number; slug: string; name: string; platform: string },
): Promise<{ id: number; slug: string } | null> {
  const { rows } = await db.query<{ id: number; slug: string }>(
    `INSERT INTO project (organization_id, slug, name, platform) VALUES ($1, $2, $3, $4)
     ON CONFLICT (organization_id, slug) DO NOTHING
     RETURNING id, slug`,
    [project.organizationId, project.slug, project.name, project.platform],
  )
  return rows[0] ?? null
}
