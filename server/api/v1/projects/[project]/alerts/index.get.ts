// GET /api/v1/projects/{project}/alerts
import { pageProjectAlerts } from '#server/domain/alerts/alerts.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import { alertsPage, alertsQuery } from '#shared/schemas/alert.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'event:read',
  params: projectParams,
  query: alertsQuery,
  response: alertsPage,
  summary: 'List the alerts of a project',
  description: 'The newest first. Counts are of the whole project, whatever the filters.',
  tags: ['alerts'],
  handler: ({ actor, org, project, query }) => pageProjectAlerts(actor.userId, { org, project }, query),
})
