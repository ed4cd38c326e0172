// Webhooks: where a project's alerts are sent besides the inbox, what was sent, and the body that goes there.
import { z } from 'zod'
import { decimalId, instant, nameInAddress, pageOf, pageQuery } from './list.ts'
import { alertCause, alertFilters, alertState, alertTrigger } from './alert.ts'

const MAX_URL_LENGTH = 1_000

export const WEBHOOK_FORMATS = ['mesher', 'slack', 'discord'] as const
/** `mesher`: our own JSON, below. The others are what incoming webhooks of Slack and Discord take. */
export const webhookFormat = z.enum(WEBHOOK_FORMATS)
export type WebhookFormat = z.infer<typeof webhookFormat>

const HTTP_PORT = 80
const HTTPS_PORT = 443
const FIRST_FREE_PORT = 1_024
/** Above 1,023, where something else than a web server listens that might take an HTTP request for orders. */
const OTHER_PROTOCOLS = new Set([
  ...[1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679],
  ...[6697, 10080, 1433, 1521, 3306, 3389, 5432, 5672, 6379, 9042, 9092, 11211, 27017],
])

/** What is wrong with an address; null: nothing that can be seen without asking a name server. */
export function webhookUrlMistake(text: string): string | null {
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    return 'Write an address that begins with https:// or http://.'
  if (url.username || url.password) return 'Leave out the name and password before the host.'
  const usualPort = url.protocol === 'https:' ? HTTPS_PORT : HTTP_PORT
  const port = url.port === '' ? usualPort : Number(url.port)
  const usual = port === HTTP_PORT || port === HTTPS_PORT
  if (!usual && (port < FIRST_FREE_PORT || OTHER_PROTOCOLS.has(port)))
    return `Port ${port} is not for webhooks: use 80, 443, or one from 1024 that is no other service's.`
  return null
}

const webhookUrl = nameInAddress(MAX_URL_LENGTH)
  .trim()
  .superRefine((text, context) => {
    const message = webhookUrlMistake(text)
    if (message !== null) context.addIssue({ code: 'custom', message })
  })

const webhookFields = {
  name: nameInAddress(80).trim().min(1, { error: 'Give it a name.' }),
  url: webhookUrl,
  format: webhookFormat,
  /** Off: new alerts are not sent there, what waits is held. */
  enabled: z.boolean(),
}
export const createWebhook = z.object({
  ...webhookFields,
  format: webhookFormat.default('mesher'),
  enabled: webhookFields.enabled.default(true),
})
export type CreateWebhook = z.output<typeof createWebhook>
export const updateWebhook = z.object(webhookFields).partial()
export type UpdateWebhook = z.output<typeof updateWebhook>

export const DELIVERY_STATES = ['pending', 'delivered', 'failed'] as const
export const deliveryState = z.enum(DELIVERY_STATES)
export type DeliveryState = z.infer<typeof deliveryState>

export const webhook = z.object({
  id: decimalId,
  ...webhookFields,
  url: z.string(),
  /** Failures in a row. */
  failures: z.int(),
  failingSince: instant.nullable(),
  /** It failed, and is left alone until then. */
  heldUntil: instant.nullable(),
  /** Deliveries that wait, exact to 1,000. */
  pending: z.int(),
  lastDeliveredAt: instant.nullable(),
  /** Names of the rules that send to it. */
  rules: z.array(z.string()),
  createdAt: instant,
  updatedAt: instant,
})
export type Webhook = z.infer<typeof webhook>
/** The only answers in which the secret is ever shown. */
export const webhookWithSecret = webhook.extend({ secret: z.string() })
export type WebhookWithSecret = z.infer<typeof webhookWithSecret>

export const webhookDelivery = z.object({
  id: decimalId,
  webhook: z.object({ id: decimalId, name: z.string() }),
  /** `alert`: made with the alert, once. `resend`: asked for again by somebody. */
  kind: z.enum(['alert', 'resend', 'test']),
  /** Null: a test, or the alert is deleted. */
  alert: z.object({ id: decimalId, title: z.string() }).nullable(),
  /** Null: a test, or the roll-up of too many alerts. */
  ruleId: decimalId.nullable(),
  state: deliveryState,
  attempts: z.int(),
  /** While it waits: when it is tried next, at the earliest. */
  nextAt: instant.nullable(),
  attemptedAt: instant.nullable(),
  finishedAt: instant.nullable(),
  /** Of the last attempt; null: no answer came. */
  statusCode: z.int().nullable(),
  /** Of the last attempt, in words. */
  error: z.string().nullable(),
  /** The beginning of what a target outside of private networks answered, when it refused. */
  answer: z.string().nullable(),
  durationMs: z.int().nullable(),
  createdAt: instant,
})
export type WebhookDelivery = z.infer<typeof webhookDelivery>
export const deliveriesQuery = pageQuery.extend({
  webhook: decimalId.optional(),
  rule: decimalId.optional(),
  state: deliveryState.optional(),
})
export type DeliveriesQuery = z.output<typeof deliveriesQuery>
export const deliveriesPage = pageOf(webhookDelivery)

/** What a webhook of the format `mesher` receives (docs/webhooks.md). New fields may come; none goes. */
export const webhookBody = z.object({
  type: z.enum(['alert.created', 'test']),
  /** The same in every attempt, and another when somebody sends it again. Also the header `webhook-id`. */
  deliveryId: z.string(),
  organisation: z.object({ slug: z.string(), name: z.string() }),
  project: z.object({ id: decimalId, slug: z.string(), name: z.string(), url: z.string() }),
  /** Null: a test. */
  alert: z
    .object({
      id: decimalId,
      /** As it is at the time of sending. */
      state: alertState,
      count: z.int(),
      cause: alertCause,
      createdAt: instant,
      url: z.string(),
    })
    .nullable(),
  /** Null: a test, or more alerts of the project at once than are told one by one. */
  rule: z
    .object({ id: decimalId, name: z.string(), trigger: alertTrigger, filters: alertFilters })
    .nullable(),
  /** Null: the whole project. */
  issue: z.object({ id: decimalId, shortId: z.string(), title: z.string(), url: z.string() }).nullable(),
  /** The whole in one sentence. */
  text: z.string(),
})
export type WebhookBody = z.infer<typeof webhookBody>
