// The queue of webhooks: what is to be sent now, taken so that no two nodes send to one destination at a time.
import type { AlertCause, AlertFilters, AlertState, AlertTriggerType } from '#shared/schemas/alert.ts'
import type { WebhookFormat } from '#shared/schemas/webhook.ts'
import type { Db } from '../database.ts'

export interface ClaimedAlert {
  id: string
  state: AlertState
  count: number
  ruleId: number
  trigger: AlertTriggerType | 'flood'
  rule: {
    name: string
    threshold: number | null
    windowMinutes: number | null
    perIssue: boolean | null
    filters: AlertFilters
  }
  cause: AlertCause & { issueTitle?: string | null }
  /** ISO. */
  createdAt: string
  issueId: string | null
  issueTitle: string | null
}

export interface ClaimedDelivery {
  projectId: number
  webhookId: number
  id: string
  kind: 'alert' | 'resend' | 'test'
  /** This one included. */
  attempts: number
  createdAt: Date
  /** Who finishes shows it: later the webhook may be another node's. */
  lease: Date
  webhook: {
    url: string
    format: WebhookFormat
    secret: Buffer
    /** Failures in a row before this attempt. */
    failures: number
  }
  org: { slug: string; name: string }
  project: { slug: string; name: string }
  /** Null: a test, or the alert was deleted meanwhile. */
  alert: ClaimedAlert | null
}

/** Longer than an attempt may take, and short enough that the work of a node that died is soon another's. */
export const LEASE_SECONDS = 30

/**
 * The oldest delivery that is due of each of so many webhooks, those that work first; of those that failed lately at most
 * `failing`. The webhook is taken for the length of a lease, so one that hangs costs one connection of one node, and what
 * waits for it keeps its order. An attempt is counted when it begins: a node that dies in it has had it.
 *
 * The walk over pending deliveries makes one probe of webhook_delivery_pending_idx for each webhook that has any.
 */
export async function claimDeliveries(
  db: Db,
  { now, all, failing }: { now: Date; all: number; failing: number },
): Promise<ClaimedDelivery[]> {
  const { rows } = await db.query<ClaimedDelivery>({
    name: 'claim-deliveries',
    text: `
      with recursive waiting as (
        (select project_id, webhook_id from webhook_delivery where state = 'pending'
         order by project_id, webhook_id limit 1)
        union all
        select n.project_id, n.webhook_id from waiting w cross join lateral (
          select d.project_id, d.webhook_id from webhook_delivery d
          where d.state = 'pending' and (d.project_id, d.webhook_id) > (w.project_id, w.webhook_id)
          order by d.project_id, d.webhook_id limit 1
        ) n
      ), due as (
        select w.project_id, w.webhook_id, d.delivery_id, w.failures > 0 as failing,
               row_number() over (partition by w.failures > 0 order by d.next_at) as nth
        from waiting join webhook w using (project_id, webhook_id)
        join project p on p.id = w.project_id and p.deleting_at is null
        cross join lateral (
          select d.delivery_id, d.next_at from webhook_delivery d
          where d.project_id = w.project_id and d.webhook_id = w.webhook_id and d.state = 'pending' and d.next_at <= $1
          order by d.next_at, d.delivery_id limit 1
        ) d
        where w.enabled and coalesce(w.busy_until <= $1, true) and coalesce(w.held_until <= $1, true)
      ), chosen as (
        select * from due where not failing or nth <= $3 order by failing, nth limit $2
      ), held as (
        select w.project_id, w.webhook_id from webhook w
        where (w.project_id, w.webhook_id) in (select project_id, webhook_id from chosen)
          and coalesce(w.busy_until <= $1, true) and w.enabled
        for no key update skip locked
      ), claimed as (
        update webhook_delivery d set attempts = d.attempts + 1, attempted_at = $1
        from chosen c join held using (project_id, webhook_id)
        where d.project_id = c.project_id and d.delivery_id = c.delivery_id and d.state = 'pending' and d.next_at <= $1
        returning d.*
      ), taken as (
        update webhook w set busy_until = $1::timestamptz + interval '${LEASE_SECONDS} seconds'
        from claimed c where w.project_id = c.project_id and w.webhook_id = c.webhook_id
        returning w.*
      )
      select c.project_id as "projectId", c.webhook_id as "webhookId", c.delivery_id::text as id, c.kind, c.attempts,
             c.created_at as "createdAt", t.busy_until as lease,
             t.url, t.format, t.secret, t.failures,
             json_build_object('slug', o.slug, 'name', o.name) as org,
             json_build_object('slug', p.slug, 'name', p.name) as project,
             case when a.alert_id is not null then json_build_object(
               'id', a.alert_id::text, 'state', a.state, 'count', a.count, 'ruleId', a.rule_id, 'trigger', a.trigger,
               'rule', a.rule, 'cause', a.cause, 'createdAt', a.created_at,
               'issueId', nullif(a.issue_id, 0)::text, 'issueTitle', coalesce(i.title, a.cause ->> 'issueTitle')) end as alert
      from claimed c
      join taken t using (project_id, webhook_id)
      join project p on p.id = c.project_id
      join organization o on o.id = p.organization_id
      left join alert a on a.project_id = c.project_id and a.alert_id = c.alert_id
      left join issue i on i.project_id = a.project_id and i.issue_id = a.issue_id`,
    values: [now, all, failing],
  })
  return rows.map((row) => {
    const { url, format, secret, failures, ...rest } = row as ClaimedDelivery & ClaimedDelivery['webhook']
    return { ...rest, webhook: { url, format, secret, failures } }
  })
}
