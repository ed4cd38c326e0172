// DELETE /api/v1/projects/{project}/webhooks/{webhook}
import { deleteWebhook } from '#server/domain/webhooks/webhooks.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import { decimalId } from '#shared/schemas/list.ts'

export default defineEndpoint({
  access: 'admin',
  scope: 'project:admin',
  params: projectParams.extend({ webhook: decimalId }),
  status: 204,
  summary: 'Delete a webhook',
  description: 'With its log and what waits to be sent. Rules that name it forget it.',
  tags: ['webhooks'],
  handler: ({ actor, org, project, params }) => deleteWebhook(actor.userId, { org, project }, params.webhook),
})
