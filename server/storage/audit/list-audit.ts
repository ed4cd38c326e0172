// The audit log of an organisation, newest first. Leans on audit_log_pkey and user_pkey.
import type { Db } from '../database.ts'

export interface AuditLogRow {
  id: number
  action: string
  actorId: string | null
  actorName: string | null
  target: string
  data: Record<string, unknown>
  createdAt: Date
}

export async function listAudit(
  db: Db,
  query: { organizationId: number; beforeId: string | null; limit: number },
): Promise<AuditLogRow[]> {
  const { rows } = await db.query<AuditLogRow>(
    `SELECT a.id, a.action, u.id AS "actorId", u.name AS "actorName", a.target, a.data, a.created_at AS "createdAt"
       FROM audit_log a LEFT JOIN "user" u ON u.id = a.actor_id
      WHERE a.organization_id = $1 AND ($2::bigint IS NULL OR a.id < $2)
      ORDER BY a.id DESC LIMIT $3`,
    [query.organizationId, query.beforeId, query.limit],
  )
  return rows
}
