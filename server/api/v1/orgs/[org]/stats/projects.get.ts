import { orgOverview } from '#server/domain/dashboard/org-overview.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { orgParams } from '#server/http/params.ts'
import { orgOverview as orgOverviewSchema, orgOverviewQuery } from '#shared/schemas/stats.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'event:read',
  params: orgParams,
  query: orgOverviewQuery,
  response: orgOverviewSchema,
  summary: 'Projects of an organisation side by side',
  description:
    'Events of the range and of the time before, and unresolved issues seen in it (exact to 1,000; 1,001 means more); most events first, at most 500 projects. Buckets as in `volume`.',
  tags: ['Statistics'],
  handler: ({ org, query }) => orgOverview(org.id, query),
})
