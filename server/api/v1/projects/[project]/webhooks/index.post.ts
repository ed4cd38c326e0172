// POST /api/v1/projects/{project}/webhooks
import { createWebhook } from '#server/domain/webhooks/webhooks.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import * as schema from '#shared/schemas/webhook.ts'

export default defineEndpoint({
  access: 'admin',
  scope: 'project:admin',
  params: projectParams,
  body: schema.createWebhook,
  response: schema.webhookWithSecret,
  status: 201,
  summary: 'Create a webhook',
  description:
    'At most 20 a project. The answer is the only place where `secret` is ever shown. Rules name it in `webhookIds`. Addresses in private networks are refused when something is sent, unless the operator allows them.',
  tags: ['webhooks'],
  handler: ({ actor, org, project, body }) => createWebhook(actor.userId, { org, project }, body),
})
