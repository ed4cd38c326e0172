// GET /api/v1/projects/{project}/webhooks/{webhook}
import { getWebhook } from '#server/domain/webhooks/webhooks.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import { decimalId } from '#shared/schemas/list.ts'
import { webhook } from '#shared/schemas/webhook.ts'

export default defineEndpoint({
  access: 'admin',
  scope: 'project:admin',
  params: projectParams.extend({ webhook: decimalId }),
  response: webhook,
  summary: 'Read a webhook',
  tags: ['webhooks'],
  handler: ({ project, params }) => getWebhook(project, params.webhook),
})
