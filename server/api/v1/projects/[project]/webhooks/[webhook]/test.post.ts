// POST /api/v1/projects/{project}/webhooks/{webhook}/test
import { testWebhook } from '#server/domain/webhooks/deliveries.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import { decimalId } from '#shared/schemas/list.ts'
import { webhookDelivery } from '#shared/schemas/webhook.ts'

export default defineEndpoint({
  access: 'admin',
  scope: 'project:admin',
  params: projectParams.extend({ webhook: decimalId }),
  response: webhookDelivery,
  status: 202,
  summary: 'Send a test to a webhook',
  description: 'Tried once, within a second; read the delivery to see what came of it. At most ten a minute.',
  tags: ['webhooks'],
  handler: ({ project, params }) => testWebhook(project, params.webhook),
})
