// The log of what was sent to webhooks, and what somebody asks to be sent: a test, or something once more. Either waits
// in the queue like everything else, so the answer comes before the attempt.
import { useDatabase, withTransaction, type Db } from '#server/storage/database.ts'
import {
  countAskedFor,
  insertResend,
  insertTest,
  listDeliveries,
  type DeliveryRow,
} from '#server/storage/webhooks/deliveries.ts'
import { findWebhook } from '#server/storage/webhooks/webhooks.ts'
import type { DeliveriesQuery, WebhookDelivery } from '#shared/schemas/webhook.ts'
import { DomainError } from '../errors.ts'
import type { ProjectContext } from '../orgs/find-membership.ts'
import { readForwardPage, type ForwardPage } from '../orgs/forward-page.ts'

/** What people may ask for at one webhook in a minute: each is a request of ours to somebody. */
const ASKED_PER_MINUTE = 10

export async function pageDeliveries(
  project: ProjectContext,
  { webhook, rule, state, cursor, limit }: DeliveriesQuery,
): Promise<ForwardPage<WebhookDelivery>> {
  const page = await readForwardPage({
    scope: { list: 'webhook-deliveries', project: project.id, webhook, rule, state },
    cursor,
    limit,
    placeOf: ({ id }: DeliveryRow) => ({ value: id, id }),
    read: (after, n) =>
      listDeliveries(
        useDatabase().read,
        {
          ...{ projectId: project.id, webhookId: webhook ?? null, ruleId: rule ?? null },
          ...{ state: state ?? null, id: null },
        },
        { before: after?.id ?? null, limit: n },
      ),
  })
  return { ...page, data: page.data.map(toDelivery) }
}

export const getDelivery = async (project: ProjectContext, id: string): Promise<WebhookDelivery> =>
  toDelivery(await needDelivery(useDatabase().read, project.id, id))

export async function testWebhook(project: ProjectContext, webhookId: string): Promise<WebhookDelivery> {
  return withTransaction(useDatabase().read, async (db) => {
    await mayAsk(db, project.id, webhookId)
    const id = await insertTest(db, { projectId: project.id, webhookId })
    if (id === null) throw new DomainError('not_found')
    return toDelivery(await needDelivery(db, project.id, id))
  })
}

export async function resendDelivery(project: ProjectContext, deliveryId: string): Promise<WebhookDelivery> {
  return withTransaction(useDatabase().read, async (db) => {
    const before = await needDelivery(db, project.id, deliveryId)
    if (before.kind === 'test')
      throw new DomainError('conflict', undefined, 'A test is not sent again: send another one.')
    if (before.state === 'pending')
      throw new DomainError('conflict', undefined, 'It still waits to be sent: it is tried by itself.')
    const webhookId = String(before.webhookId)
    await mayAsk(db, project.id, webhookId)
    const id = await insertResend(db, { projectId: project.id, webhookId, deliveryId })
    if (id === null)
      throw new DomainError('conflict', undefined, 'Its alert is deleted: nothing is left to send.')
    return toDelivery(await needDelivery(db, project.id, id))
  })
}

/** @throws DomainError also for a webhook that is off: what is asked for would wait until it is on */
async function mayAsk(db: Db, projectId: number, webhookId: string): Promise<void> {
  const webhook = await findWebhook(db, projectId, webhookId)
  if (!webhook) throw new DomainError('not_found')
  if (!webhook.enabled)
    throw new DomainError('conflict', undefined, 'The webhook is off: switch it on first.')
  if ((await countAskedFor(db, projectId, webhook.id)) >= ASKED_PER_MINUTE)
    throw new DomainError('too_many_attempts', { retryAfterSeconds: 60 })
}

async function needDelivery(db: Db, projectId: number, id: string): Promise<DeliveryRow> {
  const filter = { projectId, webhookId: null, ruleId: null, state: null, id }
  const [row] = await listDeliveries(db, filter, { before: null, limit: 1 })
  if (!row) throw new DomainError('not_found')
  return row
}

const toDelivery = (row: DeliveryRow): WebhookDelivery => ({
  id: row.id,
  webhook: { id: String(row.webhookId), name: row.webhookName },
  kind: row.kind,
  alert: row.alert && { id: row.alert.id, title: row.alert.title ?? '' },
  ruleId: row.ruleId === null ? null : String(row.ruleId),
  state: row.state,
  attempts: row.attempts,
  nextAt: row.state === 'pending' ? row.nextAt.toISOString() : null,
  attemptedAt: row.attemptedAt?.toISOString() ?? null,
  finishedAt: row.finishedAt?.toISOString() ?? null,
  statusCode: row.statusCode,
  error: row.error,
  answer: row.answer,
  durationMs: row.durationMs,
  createdAt: row.createdAt.toISOString(),
})
