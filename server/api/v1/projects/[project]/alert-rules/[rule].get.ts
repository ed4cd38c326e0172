// GET /api/v1/projects/{project}/alert-rules/{rule}
import { getAlertRule } from '#server/domain/alerts/alert-rules.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import { alertRule } from '#shared/schemas/alert.ts'
import { decimalId } from '#shared/schemas/list.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'event:read',
  params: projectParams.extend({ rule: decimalId }),
  response: alertRule,
  summary: 'Read an alert rule',
  tags: ['alerts'],
  handler: ({ project, params }) => getAlertRule(project, params.rule),
})
