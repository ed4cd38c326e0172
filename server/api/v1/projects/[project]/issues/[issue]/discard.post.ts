import { discardIssue } from '#server/domain/issues/discarded-issues.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { issueParams } from '#server/http/issue-params.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'issue:write',
  params: issueParams,
  status: 204,
  summary: 'Discard an issue and whatever comes of it',
  description: 'Its events are erased; later ones are counted and not stored, until it is undone.',
  tags: ['Issues'],
  handler: ({ project, params, actor }) => discardIssue(project, params.issue, actor.userId),
})
