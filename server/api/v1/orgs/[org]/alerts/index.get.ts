// GET /api/v1/orgs/{org}/alerts: the inbox.
import { pageOrgAlerts } from '#server/domain/alerts/alerts.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { orgParams } from '#server/http/params.ts'
import { alertsPage, orgAlertsQuery } from '#shared/schemas/alert.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'event:read',
  params: orgParams,
  query: orgAlertsQuery,
  response: alertsPage,
  summary: 'List the alerts of all projects',
  description: 'The newest first. Counts are of all projects asked for, whatever the other filters.',
  tags: ['alerts'],
  handler: ({ actor, org, query }) => pageOrgAlerts(actor.userId, org, query),
})
