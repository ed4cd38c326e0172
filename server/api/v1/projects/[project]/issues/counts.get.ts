import { countIssues } from '#server/domain/issues/count-issues.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import { issueCounts, issueFilter } from '#shared/schemas/issue.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'event:read',
  params: projectParams,
  query: issueFilter,
  response: issueCounts,
  summary: 'Count issues by state',
  description:
    'How many issues the list has in each state with the same filters; states in `query` are left out. Each number is exact to 1,000; 1,001 stands for more.',
  tags: ['Issues'],
  handler: ({ project, query, actor }) => countIssues(project.id, query, actor.userId),
})
