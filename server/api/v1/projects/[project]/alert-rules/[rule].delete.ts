// DELETE /api/v1/projects/{project}/alert-rules/{rule}
import { deleteAlertRule } from '#server/domain/alerts/alert-rules.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import { decimalId } from '#shared/schemas/list.ts'

export default defineEndpoint({
  access: 'admin',
  scope: 'project:admin',
  params: projectParams.extend({ rule: decimalId }),
  status: 204,
  summary: 'Delete an alert rule',
  description: 'Its open alerts are resolved and stay in the list.',
  tags: ['alerts'],
  handler: ({ actor, org, project, params }) => deleteAlertRule(actor.userId, { org, project }, params.rule),
})
