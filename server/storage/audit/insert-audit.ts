// Who did what to the organisation: written in the transaction that does it.
import type { Db } from '../database.ts'
import { actingToken } from './acting-token.ts'

/** Closed list: the audit page will name them. */
export type AuditAction =
  | 'org.created'
  | 'org.updated'
  | 'org.transferred'
  | 'org.deleted'
  | 'project.created'
  | 'project.updated'
  | 'project.deleted'
  | 'key.created'
  | 'key.updated'
  | 'key.rotated'
  | 'key.deleted'
  | 'token.created'
  | 'token.deleted'
  | 'invitation.created'
  | 'invitation.revoked'
  | 'invitation.accepted'
  | 'member.added'
  | 'member.updated'
  | 'member.removed'
  | 'member.left'
  | 'alert_rule.created'
  | 'alert_rule.updated'
  | 'alert_rule.deleted'
  | 'self_reporting.enabled'
  | 'self_reporting.disabled'
  | 'webhook.created'
  | 'webhook.updated'
  | 'webhook.secret_replaced'
  | 'webhook.deleted'

export interface AuditEntry {
  organizationId: number
  /** Null: the operator, by the command line. */
  actorId: string | null
  action: AuditAction
  /** What it was done to, e.g. `project:7`. */
  target: string
  /** `token` is added when an API token did it. */
  data?: Record<string, unknown>
}

export async function insertAudit(db: Db, entry: AuditEntry): Promise<void> {
  const token = actingToken()
  const data = { ...entry.data, ...(token ? { token: token.name } : {}) }
  await db.query(
    `INSERT INTO audit_log (organization_id, actor_id, action, target, data) VALUES ($1, $2, $3, $4, $5)`,
    [entry.organizationId, entry.actorId, entry.action, entry.target, JSON.stringify(data)],
  )
}
