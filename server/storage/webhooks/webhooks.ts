// The webhooks of a project. Leans on webhook's primary key, for what waits on webhook_delivery_pending_idx, for what
// arrived on webhook_delivery_webhook_idx.
import type { WebhookFormat } from '#shared/schemas/webhook.ts'
import type { Db } from '../database.ts'

export interface WebhookRow {
  id: number
  name: string
  url: string
  format: WebhookFormat
  enabled: boolean
  failures: number
  failingSince: Date | null
  heldUntil: Date | null
  pending: number
  lastDeliveredAt: Date | null
  rules: string[]
  createdAt: Date
  updatedAt: Date
}
export type WebhookFields = Pick<WebhookRow, 'name' | 'url' | 'format' | 'enabled'>

/** More is said as 1,000+. */
const EXACT = 1_000
/** So far back the last one that arrived is looked for. */
const LOOKED_AT = 500

const COLUMNS = `w.webhook_id as id, w.name, w.url, w.format, w.enabled, w.failures, w.failing_since as "failingSince",
  w.held_until as "heldUntil", w.created_at as "createdAt", w.updated_at as "updatedAt", (
    select count(*) from (
      select from webhook_delivery d
      where d.project_id = w.project_id and d.webhook_id = w.webhook_id and d.state = 'pending' limit ${EXACT + 1}
    ) d
  ) as pending, (
    select max(finished_at) from (
      select d.state, d.finished_at from webhook_delivery d
      where d.project_id = w.project_id and d.webhook_id = w.webhook_id order by d.delivery_id desc limit ${LOOKED_AT}
    ) d where d.state = 'delivered'
  ) as "lastDeliveredAt", array(
    select r.name from alert_rule r where r.project_id = w.project_id and w.webhook_id = any(r.webhook_ids)
    order by r.rule_id
  ) as rules`

export async function listWebhooks(
  db: Db,
  query: { projectId: number; after: string | null; limit: number },
): Promise<WebhookRow[]> {
  const { rows } = await db.query<WebhookRow>(
    `select ${COLUMNS} from webhook w
     where w.project_id = $1 and ($2::bigint is null or w.webhook_id > $2) order by w.webhook_id limit $3`,
    [query.projectId, query.after, query.limit],
  )
  return rows
}

export async function findWebhook(db: Db, projectId: number, id: string): Promise<WebhookRow | null> {
  const { rows } = await db.query<WebhookRow>(
    `select ${COLUMNS} from webhook w where w.project_id = $1 and w.webhook_id = $2::bigint`,
    [projectId, id],
  )
  return rows[0] ?? null
}

/** Held until the end of the transaction: two changes of one webhook come after each other. */
export async function lockWebhook(db: Db, projectId: number, id: string): Promise<void> {
  await db.query(`select from webhook where project_id = $1 and webhook_id = $2::bigint for no key update`, [
    projectId,
    id,
  ])
}

/** All of a project: there are few. */
export async function listWebhookIds(db: Db, projectId: number): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select webhook_id::text as id from webhook where project_id = $1`,
    [projectId],
  )
  return rows.map(({ id }) => id)
}

/** How many a project has; whoever makes one waits for whoever is making one. */
export async function countWebhooks(db: Db, projectId: number): Promise<number> {
  await db.query(`select from project where id = $1 for no key update`, [projectId])
  const { rows } = await db.query<{ n: number }>(`select count(*) as n from webhook where project_id = $1`, [
    projectId,
  ])
  return rows[0]!.n // an aggregate always gives a row
}

export async function insertWebhook(
  db: Db,
  projectId: number,
  { name, url, format, enabled, secret }: WebhookFields & { secret: Buffer },
): Promise<string> {
  const { rows } = await db.query<{ id: string }>(
    `insert into webhook (project_id, name, url, format, enabled, secret) values ($1, $2, $3, $4, $5, $6)
     returning webhook_id::text as id`,
    [projectId, name, url, format, enabled, secret],
  )
  return rows[0]!.id // an insert without a condition returns its row
}

/** What failed before may be mended: what waits is tried at once. Not changed when there is none. */
export async function markWebhook(
  db: Db,
  { projectId, id }: { projectId: number; id: string },
  { name, url, format, enabled }: WebhookFields,
): Promise<void> {
  await db.query(
    `with w as (
       update webhook set name = $3, url = $4, format = $5, enabled = $6, updated_at = now(), held_until = null,
         failures = case when url = $4 then failures else 0 end,
         failing_since = case when url = $4 then failing_since end
       where project_id = $1 and webhook_id = $2::bigint
     )
     update webhook_delivery set next_at = now()
     where project_id = $1 and webhook_id = $2::bigint and state = 'pending' and next_at > now()`,
    [projectId, id, name, url, format, enabled],
  )
}

/** False: there is none. */
export async function markWebhookSecret(
  db: Db,
  { projectId, id }: { projectId: number; id: string },
  secret: Buffer,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update webhook set secret = $3, updated_at = now() where project_id = $1 and webhook_id = $2::bigint`,
    [projectId, id, secret],
  )
  return rowCount === 1
}

/** With its log. Rules that told it forget it. @returns its name; null: there is none */
export async function deleteWebhook(db: Db, projectId: number, id: string): Promise<string | null> {
  await db.query(
    `update alert_rule set webhook_ids = array_remove(webhook_ids, $2::bigint::int)
     where project_id = $1 and webhook_ids @> array[$2::bigint::int]`,
    [projectId, id],
  )
  const { rows } = await db.query<{ name: string }>(
    `delete from webhook where project_id = $1 and webhook_id = $2::bigint returning name`,
    [projectId, id],
  )
  return rows[0]?.name ?? null
}
