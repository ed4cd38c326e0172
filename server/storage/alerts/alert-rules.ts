// The alert rules of a project. Leans on alert_rule's primary key, for open alerts on alert_open_idx, and for the last
// one fired on alert_rule_idx.
import type { AlertFilters, AlertTriggerType } from '#shared/schemas/alert.ts'
import type { Db } from '../database.ts'

export interface AlertRuleRow {
  id: number
  name: string
  trigger: AlertTriggerType
  threshold: number | null
  windowMinutes: number | null
  perIssue: boolean | null
  filters: AlertFilters
  cooldownMinutes: number
  enabled: boolean
  mutedUntil: Date | null
  webhookIds: number[]
  /** Those that are there. */
  webhooks: { id: string; name: string }[]
  openAlerts: number
  lastFiredAt: Date | null
  createdAt: Date
  updatedAt: Date
}
export type RuleFields = Pick<
  AlertRuleRow,
  | 'name'
  | 'trigger'
  | 'threshold'
  | 'windowMinutes'
  | 'perIssue'
  | 'filters'
  | 'cooldownMinutes'
  | 'enabled'
  | 'webhookIds'
> & { mutedUntil: string | null }

const COLUMNS = `r.rule_id as id, r.name, r.trigger, r.threshold, r.window_minutes as "windowMinutes",
  r.per_issue as "perIssue", r.filters, r.cooldown_minutes as "cooldownMinutes", r.enabled,
  r.muted_until as "mutedUntil", r.webhook_ids as "webhookIds", (
    select coalesce(jsonb_agg(jsonb_build_object('id', w.webhook_id::text, 'name', w.name) order by w.webhook_id), '[]')
    from webhook w where w.project_id = r.project_id and w.webhook_id = any(r.webhook_ids)
  ) as webhooks, r.created_at as "createdAt", r.updated_at as "updatedAt", (
    select count(*) from alert a where a.project_id = r.project_id and a.rule_id = r.rule_id and a.state <> 'resolved'
  ) as "openAlerts", (
    select max(a.last_at) from alert a where a.project_id = r.project_id and a.rule_id = r.rule_id
  ) as "lastFiredAt"`

export async function listAlertRules(
  db: Db,
  query: { projectId: number; after: string | null; limit: number },
): Promise<AlertRuleRow[]> {
  const { rows } = await db.query<AlertRuleRow>(
    `select ${COLUMNS} from alert_rule r
     where r.project_id = $1 and ($2::bigint is null or r.rule_id > $2) order by r.rule_id limit $3`,
    [query.projectId, query.after, query.limit],
  )
  return rows
}

export async function findAlertRule(db: Db, projectId: number, id: string): Promise<AlertRuleRow | null> {
  const { rows } = await db.query<AlertRuleRow>(
    `select ${COLUMNS} from alert_rule r where r.project_id = $1 and r.rule_id = $2::bigint`,
    [projectId, id],
  )
  return rows[0] ?? null
}

/** The same, held until the end of the transaction: two changes of one rule come after each other. */
export async function lockAlertRule(db: Db, projectId: number, id: string): Promise<AlertRuleRow | null> {
  const { rows } = await db.query<AlertRuleRow>(
    `select ${COLUMNS} from alert_rule r where r.project_id = $1 and r.rule_id = $2::bigint for no key update`,
    [projectId, id],
  )
  return rows[0] ?? null
}

/** How many a project has; whoever makes one waits for whoever is making one. */
export async function countAlertRules(db: Db, projectId: number): Promise<number> {
  await db.query(`select from project where id = $1 for no key update`, [projectId])
  const { rows } = await db.query<{ n: number }>(
    `select count(*) as n from alert_rule where project_id = $1`,
    [projectId],
  )
  return rows[0]!.n // an aggregate always gives a row
}

export async function insertAlertRule(db: Db, projectId: number, rule: RuleFields): Promise<number> {
  const { rows } = await db.query<{ id: number }>(
    `insert into alert_rule (project_id, name, trigger, threshold, window_minutes, per_issue, filters,
                             cooldown_minutes, enabled, muted_until, webhook_ids)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) returning rule_id as id`,
    [projectId, ...valuesOf(rule)],
  )
  return rows[0]!.id // an insert without a condition returns its row
}

/** @param recount which events count has changed: they are counted anew, under another id */
export async function markAlertRule(
  db: Db,
  { projectId, id, recount }: { projectId: number; id: string; recount: boolean },
  rule: RuleFields,
): Promise<void> {
  await db.query(
    `update alert_rule set name = $2, trigger = $3, threshold = $4, window_minutes = $5, per_issue = $6, filters = $7,
       cooldown_minutes = $8, enabled = $9, muted_until = $10, webhook_ids = $11, updated_at = now(),
       counter_id = case when $13 then nextval(pg_get_serial_sequence('alert_rule', 'counter_id')) else counter_id end
     where project_id = $1 and rule_id = $12::bigint`,
    [projectId, ...valuesOf(rule), id, recount],
  )
}

/** False: there is none. */
export async function deleteAlertRule(db: Db, projectId: number, id: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `delete from alert_rule where project_id = $1 and rule_id = $2::bigint`,
    [projectId, id],
  )
  return rowCount === 1
}

const valuesOf = (rule: RuleFields) => [
  rule.name,
  rule.trigger,
  rule.threshold,
  rule.windowMinutes,
  rule.perIssue,
  JSON.stringify(rule.filters),
  rule.cooldownMinutes,
  rule.enabled,
  rule.mutedUntil,
  rule.webhookIds,
]
