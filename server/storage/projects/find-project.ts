// One project whole. Leans on project_pkey.
import type { Db } from '../database.ts'
import { PROJECT_COLUMNS, type ProjectRow } from './project-row.ts'

export async function findProject(db: Db, projectId: number): Promise<ProjectRow | null> {
  const { rows } = await db.query<ProjectRow>(
    `SELECT ${PROJECT_COLUMNS}
       FROM project p JOIN organization o ON o.id = p.organization_id
      WHERE p.id = $1 AND p.deleting_at IS NULL`,
    [projectId],
  )
  return rows[0] ?? null
}
