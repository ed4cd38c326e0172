// The alert rules of a project: made, changed and deleted by its admins, each with a line in the audit log. Rules that
// count are known to the doors within 2 s (key-cache.ts); what they counted under a condition that is changed is let go.
import { isDeepStrictEqual } from 'node:util'
import { insertAudit } from '#server/storage/audit/insert-audit.ts'
import {
  countAlertRules,
  deleteAlertRule as removeRule,
  findAlertRule,
  insertAlertRule,
  listAlertRules,
  lockAlertRule,
  markAlertRule,
  type AlertRuleRow,
  type RuleFields,
} from '#server/storage/alerts/alert-rules.ts'
import { markRuleDeleted } from '#server/storage/alerts/mark-alerts-over.ts'
import { useDatabase, withTransaction, type Db } from '#server/storage/database.ts'
import { listWebhookIds } from '#server/storage/webhooks/webhooks.ts'
import { MAX_RULES } from '#shared/constants/limits.ts'
import type { AlertFilters, AlertRule, CreateAlertRule, UpdateAlertRule } from '#shared/schemas/alert.ts'
import { DomainError } from '../errors.ts'
import type { OrgContext, ProjectContext } from '../orgs/find-membership.ts'
import { readForwardPage, type ForwardPage } from '../orgs/forward-page.ts'
import { readQuery } from '../search/read-query.ts'
import { columnsOf, triggerOf } from './trigger.ts'

interface Where {
  org: OrgContext
  project: ProjectContext
}

export async function pageAlertRules(
  project: ProjectContext,
  { cursor, limit }: { cursor?: string; limit: number },
): Promise<ForwardPage<AlertRule>> {
  const page = await readForwardPage({
    scope: { list: 'alert-rules', project: project.id },
    cursor,
    limit,
    read: (after, n) =>
      listAlertRules(useDatabase().read, { projectId: project.id, after: after?.id ?? null, limit: n }),
    placeOf: ({ id }) => ({ value: String(id), id: String(id) }),
  })
  return { ...page, data: page.data.map(toRule) }
}

export const getAlertRule = async (project: ProjectContext, id: string): Promise<AlertRule> =>
  toRule(await needRule(useDatabase().read, project.id, id))

export async function createAlertRule(
  actorId: string | null,
  { org, project }: Where,
  rule: CreateAlertRule,
): Promise<AlertRule> {
  checkFilters(rule.filters)
  return withTransaction(useDatabase().read, async (db) => {
    if ((await countAlertRules(db, project.id)) >= MAX_RULES)
      throw new DomainError('conflict', undefined, `A project has at most ${MAX_RULES} alert rules.`)
    await checkWebhooks(db, project.id, rule.webhookIds)
    const id = String(await insertAlertRule(db, project.id, fieldsOf(rule)))
    await insertAudit(db, {
      organizationId: org.id,
      actorId,
      action: 'alert_rule.created',
      target: `alert_rule:${project.id}:${id}`,
      data: { ...rule },
    })
    return toRule(await needRule(db, project.id, id))
  })
}

export async function updateAlertRule(
  actorId: string | null,
  { org, project }: Where,
  { id, ...change }: UpdateAlertRule & { id: string },
): Promise<AlertRule> {
  if (change.filters) checkFilters(change.filters)
  return withTransaction(useDatabase().read, async (db) => {
    const row = await lockAlertRule(db, project.id, id)
    if (!row) throw new DomainError('not_found')
    const before = toRule(row)
    const after = { ...before, ...change }
    const counted = ({ trigger, filters, enabled }: typeof after) => [
      trigger.type,
      'per' in trigger ? trigger.per : null,
      filters,
      enabled,
    ]
    if (change.webhookIds) await checkWebhooks(db, project.id, change.webhookIds)
    const recount = !isDeepStrictEqual(counted(before), counted(after))
    await markAlertRule(db, { projectId: project.id, id, recount }, fieldsOf(after))
    await insertAudit(db, {
      organizationId: org.id,
      actorId,
      action: 'alert_rule.updated',
      target: `alert_rule:${project.id}:${id}`,
      data: { name: after.name, ...change },
    })
    return toRule(await needRule(db, project.id, id))
  })
}

/** Its open alerts are resolved; they stay in the list, with the rule as it was. */
export async function deleteAlertRule(
  actorId: string | null,
  { org, project }: Where,
  id: string,
): Promise<void> {
  await withTransaction(useDatabase().read, async (db) => {
    const row = await lockAlertRule(db, project.id, id)
    if (!row || !(await removeRule(db, project.id, id))) throw new DomainError('not_found')
    await markRuleDeleted(db, project.id, id)
    await insertAudit(db, {
      organizationId: org.id,
      actorId,
      action: 'alert_rule.deleted',
      target: `alert_rule:${project.id}:${id}`,
      data: { name: row.name },
    })
  })
}

/** @throws DomainError validation_failed, which points at each mistake in the query */
export function checkFilters({ query }: AlertFilters): void {
  if (query !== undefined) readQuery(query, 'events')
}

/** @throws DomainError validation_failed for what is no webhook of the project */
async function checkWebhooks(db: Db, projectId: number, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  const known = new Set(await listWebhookIds(db, projectId))
  if (ids.every((id) => known.has(id))) return
  const message = 'One of the webhooks is not there any more.'
  throw new DomainError('validation_failed', { problems: [{ path: 'webhookIds', message }] }, message)
}

async function needRule(db: Db, projectId: number, id: string): Promise<AlertRuleRow> {
  const row = await findAlertRule(db, projectId, id)
  if (!row) throw new DomainError('not_found')
  return row
}

const fieldsOf = ({ trigger, webhookIds, ...rule }: CreateAlertRule): RuleFields => ({
  ...rule,
  ...columnsOf(trigger),
  webhookIds: [...new Set(webhookIds)].map(Number),
})

const toRule = ({ id, mutedUntil, lastFiredAt, createdAt, updatedAt, ...row }: AlertRuleRow): AlertRule => ({
  id: String(id),
  name: row.name,
  trigger: triggerOf(row),
  filters: row.filters,
  cooldownMinutes: row.cooldownMinutes,
  enabled: row.enabled,
  mutedUntil: mutedUntil?.toISOString() ?? null,
  webhookIds: row.webhooks.map(({ id }) => id),
  webhooks: row.webhooks,
  openAlerts: row.openAlerts,
  lastFiredAt: lastFiredAt?.toISOString() ?? null,
  createdAt: createdAt.toISOString(),
  updatedAt: updatedAt.toISOString(),
})
