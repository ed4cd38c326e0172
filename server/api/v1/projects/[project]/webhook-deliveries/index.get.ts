// GET /api/v1/projects/{project}/webhook-deliveries
import { pageDeliveries } from '#server/domain/webhooks/deliveries.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import * as schema from '#shared/schemas/webhook.ts'

export default defineEndpoint({
  access: 'admin',
  scope: 'project:admin',
  params: projectParams,
  query: schema.deliveriesQuery,
  response: schema.deliveriesPage,
  summary: 'List what was sent to webhooks',
  description: 'The newest first, of all webhooks, one, or one rule. Kept for 30 days.',
  tags: ['webhooks'],
  handler: ({ project, query }) => pageDeliveries(project, query),
})
