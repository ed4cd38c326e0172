// The DSN keys of a project. Leans on project_key_pkey; a project has a handful.
import type { Db } from '../database.ts'

export interface ProjectKeyRow {
  id: number
  projectId: number
  publicKey: string
  label: string
  active: boolean
  createdAt: Date
}

const COLUMNS = `id, project_id AS "projectId", public_key AS "publicKey", label, active, created_at AS "createdAt"`

export async function listKeys(
  db: Db,
  query: { projectId: number; after: string | null; limit: number },
): Promise<ProjectKeyRow[]> {
  const { rows } = await db.query<ProjectKeyRow>(
    `SELECT ${COLUMNS} FROM project_key
      WHERE project_id = $1 AND ($2::bigint IS NULL OR id > $2) ORDER BY id LIMIT $3`,
    [query.projectId, query.after, query.limit],
  )
  return rows
}

export async function insertKey(
  db: Db,
  key: { projectId: number; publicKey: string; label: string },
): Promise<ProjectKeyRow> {
  const { rows } = await db.query<ProjectKeyRow>(
    `INSERT INTO project_key (project_id, public_key, label) VALUES ($1, $2, $3) RETURNING ${COLUMNS}`,
    [key.projectId, key.publicKey, key.label],
  )
  return rows[0]! // an INSERT without a condition returns its row
}

/** Null when the project has no such key. */
export async function markKey(
  db: Db,
  key: { projectId: number; id: string; label?: string; active?: boolean },
): Promise<ProjectKeyRow | null> {
  const { rows } = await db.query<ProjectKeyRow>(
    `UPDATE project_key SET label = coalesce($3, label), active = coalesce($4, active)
      WHERE project_id = $1 AND id = $2::bigint RETURNING ${COLUMNS}`,
    [key.projectId, key.id, key.label ?? null, key.active ?? null],
  )
  return rows[0] ?? null
}
