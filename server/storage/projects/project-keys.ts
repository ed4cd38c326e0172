// The DSN keys of a project. Leans on project_key_pkey; a project has a handful.
import type { Db } from '../database.ts'

export interface ProjectKeyRow {
  id: number
  projectId: number
  publicKey: string
  label: string
  active: boolean
  allowedOrigins: string[]
  rateLimitPerMinute: number | null
  createdAt: Date
}

const COLUMNS = `id, project_id AS "projectId", public_key AS "publicKey", label, active,
  allowed_origins AS "allowedOrigins", rate_limit_per_minute AS "rateLimitPerMinute", created_at AS "createdAt"`

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

export interface KeyChange {
  label?: string
  active?: boolean
  allowedOrigins?: string[]
  /** Null takes the limit away. */
  rateLimitPerMinute?: number | null
}

/** Null when the project has no such key. */
export async function markKey(
  db: Db,
  { projectId, id, ...change }: KeyChange & { projectId: number; id: string },
): Promise<ProjectKeyRow | null> {
  const { rows } = await db.query<ProjectKeyRow>(
    `UPDATE project_key
        SET label = coalesce($3, label), active = coalesce($4, active),
            allowed_origins = coalesce($5::text[], allowed_origins),
            rate_limit_per_minute = CASE WHEN $6 THEN $7::int ELSE rate_limit_per_minute END
      WHERE project_id = $1 AND id = $2::bigint RETURNING ${COLUMNS}`,
    [
      projectId,
      id,
      change.label ?? null,
      change.active ?? null,
      change.allowedOrigins ?? null,
      change.rateLimitPerMinute !== undefined,
      change.rateLimitPerMinute ?? null,
    ],
  )
  return rows[0] ?? null
}
