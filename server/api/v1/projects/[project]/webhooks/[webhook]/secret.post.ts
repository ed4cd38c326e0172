// POST /api/v1/projects/{project}/webhooks/{webhook}/secret
import { replaceWebhookSecret } from '#server/domain/webhooks/webhooks.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import { decimalId } from '#shared/schemas/list.ts'
import { webhookWithSecret } from '#shared/schemas/webhook.ts'

export default defineEndpoint({
  access: 'admin',
  scope: 'project:admin',
  params: projectParams.extend({ webhook: decimalId }),
  response: webhookWithSecret,
  summary: 'Replace the signing secret of a webhook',
  description:
    'The old one signs nothing from now on. The answer is the only place where the new one is shown.',
  tags: ['webhooks'],
  handler: ({ actor, org, project, params }) =>
    replaceWebhookSecret(actor.userId, { org, project }, params.webhook),
})
