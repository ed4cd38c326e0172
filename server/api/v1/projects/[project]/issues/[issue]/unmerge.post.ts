import { unmergeIssue } from '#server/domain/issues/merge-issues.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { issueParams } from '#server/http/issue-params.ts'
import * as schema from '#shared/schemas/issue.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'issue:write',
  params: issueParams,
  body: schema.unmergeIssue,
  response: schema.unmergedIssues,
  summary: 'Give merged groups back to their issues',
  description: 'Groups of one origin go together. A group that was made for this issue stays.',
  tags: ['Issues'],
  handler: ({ project, params, body, actor }) =>
    unmergeIssue(project, { reference: params.issue, groupIds: body.groupIds, actorId: actor.userId }),
})
