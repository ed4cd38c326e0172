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
  lastUsedAt: Date | null
}

const COLUMNS = `id, project_id AS "projectId", public_key AS "publicKey", label, active,
  allowed_origins AS "allowedOrigins", rate_limit_per_minute AS "rateLimitPerMinute", created_at AS "createdAt",
  last_used_at AS "lastUsedAt"`

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

/** Another key like this one, with a new public part; null when the project has no such key. */
export async function copyKey(
  db: Db,
  { projectId, id, publicKey }: { projectId: number; id: string; publicKey: string },
): Promise<ProjectKeyRow | null> {
  const { rows } = await db.query<ProjectKeyRow>(
    `INSERT INTO project_key (project_id, public_key, label, allowed_origins, rate_limit_per_minute)
     SELECT project_id, $3, label, allowed_origins, rate_limit_per_minute
       FROM project_key WHERE project_id = $1 AND id = $2::bigint
     RETURNING ${COLUMNS}`,
    [projectId, id, publicKey],
  )
  return rows[0] ?? null
}

/**
 * `last`: it is the only active one, and stays. All keys of the project are locked in order, so of two that are deleted
 * at once one is the last.
 */
export async function deleteKey(
  db: Db,
  { projectId, id }: { projectId: number; id: string },
): Promise<'deleted' | 'last' | 'missing'> {
  const { rows } = await db.query<{ there: boolean; last: boolean }>(
    `WITH keys AS MATERIALIZED (
       SELECT id, active FROM project_key WHERE project_id = $1 ORDER BY id FOR UPDATE
     )
     SELECT EXISTS (SELECT FROM keys WHERE id = $2::bigint) AS there,
            EXISTS (SELECT FROM keys WHERE id = $2::bigint AND active)
              AND NOT EXISTS (SELECT FROM keys WHERE id <> $2::bigint AND active) AS last`,
    [projectId, id],
  )
  const { there, last } = rows[0]! // a SELECT of two EXISTS is one row
  if (!there) return 'missing'
  if (last) return 'last'
  await db.query(`DELETE FROM project_key WHERE project_id = $1 AND id = $2::bigint`, [projectId, id])
  return 'deleted'
}
