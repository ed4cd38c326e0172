import { listIssues } from '#server/domain/issues/list-issues.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import { issueRow, listIssuesQuery } from '#shared/schemas/issue.ts'
import { pageOf } from '#shared/schemas/list.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'event:read',
  params: projectParams,
  query: listIssuesQuery,
  response: pageOf(issueRow),
  summary: 'List issues',
  description:
    'Newest first by the chosen sort. Unresolved issues are those seen in the range, by default the last 24 hours; ' +
    'resolved ones those resolved in it; archived ones are listed whatever the range.',
  tags: ['Issues'],
  handler: ({ project, query, actor }) => listIssues(project, query, actor.userId),
})
