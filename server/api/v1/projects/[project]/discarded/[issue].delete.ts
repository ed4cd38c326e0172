import { restoreDiscarded } from '#server/domain/issues/discarded-issues.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { issueParams } from '#server/http/issue-params.ts'
import { issue } from '#shared/schemas/issue.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'issue:write',
  params: issueParams,
  response: issue,
  summary: 'Bring a discarded issue back',
  description: 'Its new events are stored again; those erased stay erased.',
  tags: ['Issues'],
  handler: ({ project, params, actor }) => restoreDiscarded(project, params.issue, actor.userId),
})
