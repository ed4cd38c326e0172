import { outcomes } from '#server/domain/dashboard/outcomes.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import { outcomes as outcomesSchema, statsQuery } from '#shared/schemas/stats.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'event:read',
  params: projectParams,
  query: statsQuery,
  response: outcomesSchema,
  summary: 'What became of everything received',
  description:
    'One verdict per event: minutes up to two hours, quarters of an hour up to 24 hours, hours up to 7 days, days of `timezone` beyond; zero-filled. What SDKs say they dropped themselves is counted apart. Not narrowed by `environment`.',
  tags: ['Statistics'],
  handler: ({ project, query }) => outcomes(project.id, query),
})
