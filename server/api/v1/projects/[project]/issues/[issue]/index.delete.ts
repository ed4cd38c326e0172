import { deleteIssue } from '#server/domain/issues/discarded-issues.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { issueParams } from '#server/http/issue-params.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'issue:write',
  params: issueParams,
  status: 204,
  summary: 'Delete an issue with its events',
  description: 'For good. An event of the same kind makes a new issue.',
  tags: ['Issues'],
  handler: ({ project, params, actor }) => deleteIssue(project, params.issue, actor.userId),
})
