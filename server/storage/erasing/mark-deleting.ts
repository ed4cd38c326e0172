// From here on it does not exist for anybody: every question leaves out what has `deleting_at`. The short name becomes
// one that nobody can ask for, so that the old one is free at once. Null when somebody was faster.
import type { Db } from '../database.ts'

/** No short name begins like this (shared/schemas/org.ts). */
const GONE_SLUG = `'~' || id`

export async function markProjectDeleting(db: Db, projectId: number): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE project SET deleting_at = now(), slug = ${GONE_SLUG}, updated_at = now()
      WHERE id = $1 AND deleting_at IS NULL`,
    [projectId],
  )
  return rowCount === 1
}

export async function markOrgDeleting(db: Db, organizationId: number): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE organization SET deleting_at = now(), slug = ${GONE_SLUG} WHERE id = $1 AND deleting_at IS NULL`,
    [organizationId],
  )
  return rowCount === 1
}

/** All projects of an organisation that are not being deleted yet. Leans on project_organization_id_slug_key. */
export async function markProjectsDeleting(
  db: Db,
  organizationId: number,
): Promise<{ id: number; name: string }[]> {
  const { rows } = await db.query<{ id: number; name: string }>(
    `UPDATE project SET deleting_at = now(), slug = ${GONE_SLUG}, updated_at = now()
      WHERE organization_id = $1 AND deleting_at IS NULL
     RETURNING id, name`,
    [organizationId],
  )
  return rows
}
