import { listDiscardedIssues } from '#server/domain/issues/discarded-issues.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import { discardedIssue } from '#shared/schemas/issue.ts'
import { pageOf, pageQuery } from '#shared/schemas/list.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'event:read',
  params: projectParams,
  query: pageQuery,
  response: pageOf(discardedIssue),
  summary: 'List discarded issues',
  description: 'Newest first, with how many events were discarded since.',
  tags: ['Issues'],
  handler: ({ project, query }) => listDiscardedIssues(project, query),
})
