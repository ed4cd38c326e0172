// Who did what to the organisation: written in the transaction that does it.
import type { Db } from '../database.ts'

/** Closed list: the audit page will name them. */
export type AuditAction =
  'org.created' | 'org.updated' | 'project.created' | 'project.updated' | 'key.created' | 'key.updated'

export interface AuditEntry {
  organizationId: number
  actorId: string
  action: AuditAction
  /** What it was done to, e.g. `project:7`. */
  target: string
  data?: Record<string, unknown>
}

export async function insertAudit(db: Db, entry: AuditEntry): Promise<void> {
  await db.query(
    `INSERT INTO audit_log (organization_id, actor_id, action, target, data) VALUES ($1, $2, $3, $4, $5)`,
    [entry.organizationId, entry.actorId, entry.action, entry.target, JSON.stringify(entry.data ?? {})],
  )
}
