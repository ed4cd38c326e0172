// GET /api/v1/projects/{project}/webhook-deliveries/{delivery}
import { getDelivery } from '#server/domain/webhooks/deliveries.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import { decimalId } from '#shared/schemas/list.ts'
import { webhookDelivery } from '#shared/schemas/webhook.ts'

export default defineEndpoint({
  access: 'admin',
  scope: 'project:admin',
  params: projectParams.extend({ delivery: decimalId }),
  response: webhookDelivery,
  summary: 'Read a delivery',
  tags: ['webhooks'],
  handler: ({ project, params }) => getDelivery(project, params.delivery),
})
