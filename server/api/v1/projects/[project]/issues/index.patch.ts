import { changeIssues } from '#server/domain/issues/change-issues.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import { updatedIssues, updateIssues } from '#shared/schemas/issue.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'issue:write',
  params: projectParams,
  body: updateIssues,
  response: updatedIssues,
  summary: 'Change many issues',
  description:
    'Those named by `ids`, or all that match `query`, at most 500 at a time: repeat with the same `operationId` and the ' +
    '`nextCursor` until it is null. A step happens whole or not at all.',
  tags: ['Issues'],
  handler: ({ project, body, actor }) => changeIssues(project, body, actor.userId),
})
