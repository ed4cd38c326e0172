import { issueActivity } from '#server/domain/issues/issue-history.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { issueParams } from '#server/http/issue-params.ts'
import { activity } from '#shared/schemas/issue.ts'
import { pageOf, pageQuery } from '#shared/schemas/list.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'event:read',
  params: issueParams,
  query: pageQuery,
  response: pageOf(activity),
  summary: 'What happened to an issue',
  description: 'Newest first.',
  tags: ['Issues'],
  handler: ({ project, params, query }) => issueActivity(project, params.issue, query),
})
