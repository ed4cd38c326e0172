import { getIssue } from '#server/domain/issues/get-issue.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { issueParams } from '#server/http/issue-params.ts'
import { issue } from '#shared/schemas/issue.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'event:read',
  params: issueParams,
  response: issue,
  summary: 'Get an issue',
  description: 'By its id or its short code; of a merged issue, the one it went into.',
  tags: ['Issues'],
  handler: ({ project, params }) => getIssue(project, params.issue),
})
