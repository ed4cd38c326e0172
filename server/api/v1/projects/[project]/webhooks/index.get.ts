// GET /api/v1/projects/{project}/webhooks
import { pageWebhooks } from '#server/domain/webhooks/webhooks.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import { pageOf, pageQuery } from '#shared/schemas/list.ts'
import { webhook } from '#shared/schemas/webhook.ts'

export default defineEndpoint({
  access: 'admin',
  scope: 'project:admin',
  params: projectParams,
  query: pageQuery,
  response: pageOf(webhook),
  summary: 'List webhooks',
  description: 'For admins: with many chats the address is the key to the channel.',
  tags: ['webhooks'],
  handler: ({ project, query }) => pageWebhooks(project, query),
})
