// PATCH /api/v1/projects/{project}/webhooks/{webhook}: any field.
import { updateWebhook } from '#server/domain/webhooks/webhooks.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import { decimalId } from '#shared/schemas/list.ts'
import * as schema from '#shared/schemas/webhook.ts'

export default defineEndpoint({
  access: 'admin',
  scope: 'project:admin',
  params: projectParams.extend({ webhook: decimalId }),
  body: schema.updateWebhook,
  response: schema.webhook,
  summary: 'Change a webhook',
  description: 'What is left out stays. What waits to be sent is tried at once.',
  tags: ['webhooks'],
  handler: ({ actor, org, project, params, body }) =>
    updateWebhook(actor.userId, { org, project }, { ...body, id: params.webhook }),
})
