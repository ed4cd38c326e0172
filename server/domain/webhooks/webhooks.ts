// The webhooks of a project: made, changed and deleted by its admins, each with a line in the audit log that never has
// more of the address than its host: with many chats the address is the key to the channel.
import { insertAudit } from '#server/storage/audit/insert-audit.ts'
import { useDatabase, withTransaction, type Db } from '#server/storage/database.ts'
import {
  countWebhooks,
  deleteWebhook as removeWebhook,
  findWebhook,
  insertWebhook,
  listWebhooks,
  lockWebhook,
  markWebhook,
  markWebhookSecret,
  type WebhookRow,
} from '#server/storage/webhooks/webhooks.ts'
import { MAX_WEBHOOKS } from '#shared/constants/limits.ts'
import type { CreateWebhook, UpdateWebhook, Webhook, WebhookWithSecret } from '#shared/schemas/webhook.ts'
import { DomainError } from '../errors.ts'
import type { OrgContext, ProjectContext } from '../orgs/find-membership.ts'
import { readForwardPage, type ForwardPage } from '../orgs/forward-page.ts'
import { makeSecret, sealSecret } from './secret.ts'

interface Where {
  org: OrgContext
  project: ProjectContext
}

export async function pageWebhooks(
  project: ProjectContext,
  { cursor, limit }: { cursor?: string; limit: number },
): Promise<ForwardPage<Webhook>> {
  const page = await readForwardPage({
    scope: { list: 'webhooks', project: project.id },
    cursor,
    limit,
    read: (after, n) =>
      listWebhooks(useDatabase().read, { projectId: project.id, after: after?.id ?? null, limit: n }),
    placeOf: ({ id }) => ({ value: String(id), id: String(id) }),
  })
  return { ...page, data: page.data.map(toWebhook) }
}

export const getWebhook = async (project: ProjectContext, id: string): Promise<Webhook> =>
  toWebhook(await needWebhook(useDatabase().read, project.id, id))

export async function createWebhook(
  actorId: string | null,
  { org, project }: Where,
  fields: CreateWebhook,
): Promise<WebhookWithSecret> {
  const secret = makeSecret()
  return withTransaction(useDatabase().read, async (db) => {
    if ((await countWebhooks(db, project.id)) >= MAX_WEBHOOKS)
      throw new DomainError('conflict', undefined, `A project has at most ${MAX_WEBHOOKS} webhooks.`)
    const id = await insertWebhook(db, project.id, { ...fields, secret: sealSecret(secret, project.id) })
    await audit(db, { org, project, actorId, id }, 'webhook.created', said(fields))
    return { ...toWebhook(await needWebhook(db, project.id, id)), secret }
  })
}

export async function updateWebhook(
  actorId: string | null,
  { org, project }: Where,
  { id, ...change }: UpdateWebhook & { id: string },
): Promise<Webhook> {
  return withTransaction(useDatabase().read, async (db) => {
    await lockWebhook(db, project.id, id)
    const before = await needWebhook(db, project.id, id)
    await markWebhook(db, { projectId: project.id, id }, { ...before, ...change })
    await audit(db, { org, project, actorId, id }, 'webhook.updated', { name: before.name, ...said(change) })
    return toWebhook(await needWebhook(db, project.id, id))
  })
}

/** What is sent from now on is signed with the new one; the old one is worth nothing. */
export async function replaceWebhookSecret(
  actorId: string | null,
  { org, project }: Where,
  id: string,
): Promise<WebhookWithSecret> {
  const secret = makeSecret()
  return withTransaction(useDatabase().read, async (db) => {
    if (!(await markWebhookSecret(db, { projectId: project.id, id }, sealSecret(secret, project.id))))
      throw new DomainError('not_found')
    const webhook = toWebhook(await needWebhook(db, project.id, id))
    await audit(db, { org, project, actorId, id }, 'webhook.secret_replaced', { name: webhook.name })
    return { ...webhook, secret }
  })
}

export async function deleteWebhook(
  actorId: string | null,
  { org, project }: Where,
  id: string,
): Promise<void> {
  await withTransaction(useDatabase().read, async (db) => {
    // No such number is a webhook's, and PostgreSQL would refuse it.
    if (Number(id) > MAX_ID) throw new DomainError('not_found')
    const name = await removeWebhook(db, project.id, id)
    if (name === null) throw new DomainError('not_found')
    await audit(db, { org, project, actorId, id }, 'webhook.deleted', { name })
  })
}

const MAX_ID = 2 ** 31 - 1

async function needWebhook(db: Db, projectId: number, id: string): Promise<WebhookRow> {
  const row = await findWebhook(db, projectId, id)
  if (!row) throw new DomainError('not_found')
  return row
}

type Action = 'webhook.created' | 'webhook.updated' | 'webhook.secret_replaced' | 'webhook.deleted'

const audit = (
  db: Db,
  { org, project, actorId, id }: Where & { actorId: string | null; id: string },
  action: Action,
  data: Record<string, unknown>,
): Promise<void> =>
  insertAudit(db, {
    organizationId: org.id,
    actorId,
    action,
    target: `webhook:${project.id}:${id}`,
    data,
  })

const said = ({ url, ...fields }: UpdateWebhook): Record<string, unknown> => ({
  ...fields,
  ...(url === undefined ? {} : { host: new URL(url).host }),
})

const toWebhook = ({ id, ...row }: WebhookRow): Webhook => ({
  ...row,
  id: String(id),
  failingSince: row.failingSince?.toISOString() ?? null,
  heldUntil: row.heldUntil && row.heldUntil.getTime() > Date.now() ? row.heldUntil.toISOString() : null,
  lastDeliveredAt: row.lastDeliveredAt?.toISOString() ?? null,
  createdAt: row.createdAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
})
