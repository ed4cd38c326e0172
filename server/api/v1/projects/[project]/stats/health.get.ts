import { health } from '#server/domain/dashboard/health.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import { health as healthSchema, statsQuery } from '#shared/schemas/stats.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'event:read',
  params: projectParams,
  query: statsQuery,
  response: healthSchema,
  summary: 'The figures on top of the overview',
  description: 'Counts of issues are exact to 1,000; 1,001 means more.',
  tags: ['Statistics'],
  handler: ({ project, query }) => health(project.id, query),
})
