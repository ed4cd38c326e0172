// What was sent to webhooks, and what somebody asks to be sent. Leans on webhook_delivery's primary key, read backwards,
// or on webhook_delivery_webhook_idx and webhook_delivery_rule_idx where one of them is asked for.
import type { DeliveryState } from '#shared/schemas/webhook.ts'
import { binder } from '../bind.ts'
import type { Db } from '../database.ts'

export interface DeliveryRow {
  id: string
  webhookId: number
  webhookName: string
  kind: 'alert' | 'resend' | 'test'
  alert: { id: string; title: string | null } | null
  ruleId: number | null
  state: DeliveryState
  attempts: number
  nextAt: Date
  attemptedAt: Date | null
  finishedAt: Date | null
  statusCode: number | null
  error: string | null
  answer: string | null
  durationMs: number | null
  createdAt: Date
}
export interface DeliveryFilter {
  projectId: number
  webhookId: string | null
  ruleId: string | null
  state: DeliveryState | null
  /** Only this one. */
  id: string | null
}

export async function listDeliveries(
  db: Db,
  filter: DeliveryFilter,
  { before, limit }: { before: string | null; limit: number },
): Promise<DeliveryRow[]> {
  const { values, bind } = binder()
  const conditions = [`d.project_id = ${bind(filter.projectId)}`]
  for (const [value, condition] of [
    [filter.webhookId, (at: string) => `d.webhook_id = ${at}::bigint`],
    [filter.ruleId, (at: string) => `d.rule_id = ${at}::bigint`],
    [filter.state, (at: string) => `d.state = ${at}`],
    [filter.id, (at: string) => `d.delivery_id = ${at}::bigint`],
    [before, (at: string) => `d.delivery_id < ${at}::bigint`],
  ] as const)
    if (value !== null) conditions.push(condition(bind(value)))
  const { rows } = await db.query<DeliveryRow>(
    `select d.delivery_id::text as id, d.webhook_id as "webhookId", w.name as "webhookName", d.kind,
            case when a.alert_id is not null then json_build_object(
              'id', a.alert_id::text, 'title', coalesce(i.title, a.cause ->> 'issueTitle', a.rule ->> 'name')) end as alert,
            nullif(d.rule_id, 0) as "ruleId", d.state, d.attempts, greatest(d.next_at, w.held_until) as "nextAt",
            d.attempted_at as "attemptedAt", d.finished_at as "finishedAt", d.status_code as "statusCode", d.error,
            d.answer, d.duration_ms as "durationMs", d.created_at as "createdAt"
     from (
       select * from webhook_delivery d where ${conditions.join(' and ')} order by d.delivery_id desc limit ${bind(limit)}
     ) d
     join webhook w on w.project_id = d.project_id and w.webhook_id = d.webhook_id
     left join alert a on a.project_id = d.project_id and a.alert_id = d.alert_id
     left join issue i on i.project_id = a.project_id and i.issue_id = a.issue_id
     order by d.delivery_id desc`,
    values,
  )
  return rows
}

/** What people asked for at a webhook within the last minute: each makes a request of ours. */
export async function countAskedFor(db: Db, projectId: number, webhookId: number): Promise<number> {
  const { rows } = await db.query<{ n: number }>(
    `select count(*) as n from webhook_delivery
     where project_id = $1 and webhook_id = $2 and kind <> 'alert' and created_at > now() - interval '1 minute'`,
    [projectId, webhookId],
  )
  return rows[0]!.n // an aggregate always gives a row
}

/** Sent at once, also while the webhook is left alone. @returns its id; null: there is no such webhook */
export async function insertTest(
  db: Db,
  { projectId, webhookId }: { projectId: number; webhookId: string },
): Promise<string | null> {
  return askFor(
    db,
    `insert into webhook_delivery (project_id, webhook_id, kind)
     select project_id, webhook_id, 'test' from free returning delivery_id::text as id`,
    [projectId, webhookId],
  )
}

/** Of an alert that is still there. @returns its id; null: nothing can be sent again */
export async function insertResend(
  db: Db,
  { projectId, webhookId, deliveryId }: { projectId: number; webhookId: string; deliveryId: string },
): Promise<string | null> {
  return askFor(
    db,
    `insert into webhook_delivery (project_id, webhook_id, kind, alert_id, rule_id)
     select d.project_id, d.webhook_id, 'resend', d.alert_id, d.rule_id
     from webhook_delivery d join free using (project_id, webhook_id)
     join alert a on a.project_id = d.project_id and a.alert_id = d.alert_id
     where d.delivery_id = $3::bigint returning delivery_id::text as id`,
    [projectId, webhookId, deliveryId],
  )
}

async function askFor(db: Db, insert: string, values: unknown[]): Promise<string | null> {
  const { rows } = await db.query<{ id: string }>(
    `with free as (
       update webhook set held_until = null where project_id = $1 and webhook_id = $2::bigint
       returning project_id, webhook_id
     )
     ${insert}`,
    values,
  )
  return rows[0]?.id ?? null
}

/** A step of sweeping: bounded, so that no statement holds many locks or runs long. */
const STEP = 2_000
/** What did not get through within a day is not news any more. */
export const DELIVERY_HOURS = 24
const KEPT_DAYS = 30

/**
 * Gives up what waited for a day, also where its webhook is switched off, and removes what is older than the log is kept.
 * Leans on webhook_delivery_created_idx; the first of the two on webhook_delivery_pending_idx, which has what waits only.
 * @returns rows touched in this step; call again while it is not 0
 */
export async function sweepDeliveries(db: Db, now: Date | null = null): Promise<number> {
  const given = await db.query(
    `update webhook_delivery d set state = 'failed', finished_at = coalesce($1, now()), error = coalesce(d.error, 'It was never tried')
     where d.state = 'pending' and d.created_at < coalesce($1::timestamptz, now()) - interval '${DELIVERY_HOURS} hours'
       and (d.project_id, d.delivery_id) in (
         select p.project_id, p.delivery_id from webhook_delivery p
         where p.state = 'pending' and p.created_at < coalesce($1::timestamptz, now()) - interval '${DELIVERY_HOURS} hours' limit ${STEP})`,
    [now],
  )
  const gone = await db.query(
    `delete from webhook_delivery where ctid = any(array(
       select ctid from webhook_delivery where created_at < coalesce($1::timestamptz, now()) - interval '${KEPT_DAYS} days'
       order by created_at limit ${STEP}))`,
    [now],
  )
  return (given.rowCount ?? 0) + (gone.rowCount ?? 0)
}
