import { countOrgIssues } from '#server/domain/issues/count-issues.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { orgParams } from '#server/http/params.ts'
import { issueCounts, orgIssueFilter } from '#shared/schemas/issue.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'event:read',
  params: orgParams,
  query: orgIssueFilter,
  response: issueCounts,
  summary: 'Count issues across projects by state',
  description: 'As of one project, over all projects of the organisation or those named by `project`.',
  tags: ['Issues'],
  handler: ({ org, query, actor }) => countOrgIssues(org.id, query, actor.userId),
})
