import { breakdown } from '#server/domain/dashboard/rankings.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import { breakdown as breakdownSchema, breakdownQuery } from '#shared/schemas/stats.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'event:read',
  params: projectParams,
  query: breakdownQuery,
  response: breakdownSchema,
  summary: 'Events by environment or release',
  description: 'The 20 commonest values; `total` counts all of them. Not narrowed by `environment`.',
  tags: ['Statistics'],
  handler: ({ project, query }) => breakdown(project.id, query),
})
