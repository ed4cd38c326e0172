import { issueTimeline } from '#server/domain/issues/issue-timeline.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { issueParams } from '#server/http/issue-params.ts'
import { statsQuery, timeline } from '#shared/schemas/stats.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'event:read',
  params: issueParams,
  query: statsQuery,
  response: timeline,
  summary: "An issue's events over time",
  description: 'Hours up to 7 days, days of `timezone` beyond; zero-filled; by default the last 24 hours.',
  tags: ['Issues'],
  handler: ({ project, params, query }) => issueTimeline(project, params.issue, query),
})
