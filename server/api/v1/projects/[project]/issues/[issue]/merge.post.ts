import { mergeIssues } from '#server/domain/issues/merge-issues.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { issueParams } from '#server/http/issue-params.ts'
import * as schema from '#shared/schemas/issue.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'issue:write',
  params: issueParams,
  body: schema.mergeIssues,
  response: schema.issue,
  summary: 'Merge other issues into this one',
  description:
    'All of them, or none. An issue has at most 100 groups. Links to a merged issue lead to this one.',
  tags: ['Issues'],
  handler: ({ project, params, body, actor }) =>
    mergeIssues(project, { reference: params.issue, ids: body.ids, actorId: actor.userId }),
})
