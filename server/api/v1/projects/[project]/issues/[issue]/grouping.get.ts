import { issueGroups } from '#server/domain/issues/issue-history.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { issueParams } from '#server/http/issue-params.ts'
import { issueGroup } from '#shared/schemas/issue.ts'
import { pageOf } from '#shared/schemas/list.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'event:read',
  params: issueParams,
  response: pageOf(issueGroup),
  summary: 'Why these events are one issue',
  tags: ['Issues'],
  handler: ({ project, params }) => issueGroups(project, params.issue),
})
