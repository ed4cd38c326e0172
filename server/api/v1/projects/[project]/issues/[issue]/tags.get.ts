import { issueTags } from '#server/domain/issues/issue-tags.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { issueParams } from '#server/http/issue-params.ts'
import { tagFacet } from '#shared/schemas/issue.ts'
import { pageOf } from '#shared/schemas/list.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'event:read',
  params: issueParams,
  response: pageOf(tagFacet),
  summary: "Tags of an issue's newest events",
  description: 'Up to 20 keys with up to 10 values each, of at most 1,000 events.',
  tags: ['Issues'],
  handler: ({ project, params }) => issueTags(project, params.issue),
})
