// POST /api/v1/projects/{project}/alert-rules
import { createAlertRule } from '#server/domain/alerts/alert-rules.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import * as schema from '#shared/schemas/alert.ts'

export default defineEndpoint({
  access: 'admin',
  scope: 'project:admin',
  params: projectParams,
  body: schema.createAlertRule,
  response: schema.alertRule,
  status: 201,
  summary: 'Create an alert rule',
  description:
    'At most 100 a project. Rules that count begin with events that arrive about 2 s later. A mistake in the query is answered with its place.',
  tags: ['alerts'],
  handler: ({ actor, org, project, body }) => createAlertRule(actor.userId, { org, project }, body),
})
