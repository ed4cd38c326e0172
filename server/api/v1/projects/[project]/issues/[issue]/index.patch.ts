import { changeStatus } from '#server/domain/issues/change-status.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { issueParams } from '#server/http/issue-params.ts'
import { issue, updateIssue } from '#shared/schemas/issue.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'issue:write',
  params: issueParams,
  body: updateIssue,
  response: issue,
  summary: 'Resolve, reopen, archive or assign an issue',
  description:
    'Archived issues come back when they escalate, at a date, after a number of events, or never. ' +
    'With the `version` that was seen, a change made meanwhile is a 409 whose `details.current` is the issue as it is now.',
  tags: ['Issues'],
  handler: ({ project, params, body, actor }) =>
    changeStatus(project, { reference: params.issue, ...body, actorId: actor.userId }),
})
