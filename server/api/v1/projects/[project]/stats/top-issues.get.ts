import { topIssues } from '#server/domain/dashboard/rankings.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import { pageOf } from '#shared/schemas/list.ts'
import { topIssue, topIssuesQuery } from '#shared/schemas/stats.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'event:read',
  params: projectParams,
  query: topIssuesQuery,
  response: pageOf(topIssue),
  summary: 'Issues with most events',
  description: 'In whole hours of the range.',
  tags: ['Statistics'],
  handler: ({ project, query }) => topIssues(project, query),
})
