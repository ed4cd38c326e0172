// GET /api/v1/projects/{project}/alert-rules
import { pageAlertRules } from '#server/domain/alerts/alert-rules.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import { alertRule } from '#shared/schemas/alert.ts'
import { pageOf, pageQuery } from '#shared/schemas/list.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'event:read',
  params: projectParams,
  query: pageQuery,
  response: pageOf(alertRule),
  summary: 'List alert rules',
  tags: ['alerts'],
  handler: ({ project, query }) => pageAlertRules(project, query),
})
