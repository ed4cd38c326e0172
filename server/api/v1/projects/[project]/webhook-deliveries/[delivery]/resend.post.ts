// POST /api/v1/projects/{project}/webhook-deliveries/{delivery}/resend
import { resendDelivery } from '#server/domain/webhooks/deliveries.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import { decimalId } from '#shared/schemas/list.ts'
import { webhookDelivery } from '#shared/schemas/webhook.ts'

export default defineEndpoint({
  access: 'admin',
  scope: 'project:admin',
  params: projectParams.extend({ delivery: decimalId }),
  response: webhookDelivery,
  status: 202,
  summary: 'Send an alert to a webhook again',
  description:
    'A delivery of its own, with an id of its own. At most ten a minute and webhook, tests included.',
  tags: ['webhooks'],
  handler: ({ project, params }) => resendDelivery(project, params.delivery),
})
