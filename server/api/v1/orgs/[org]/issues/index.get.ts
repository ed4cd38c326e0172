import { listOrgIssues } from '#server/domain/issues/list-org-issues.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { orgParams } from '#server/http/params.ts'
import { listOrgIssuesQuery, orgIssueRow } from '#shared/schemas/issue.ts'
import { searchPageOf } from '#shared/schemas/list.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'event:read',
  params: orgParams,
  query: listOrgIssuesQuery,
  response: searchPageOf(orgIssueRow),
  summary: 'List issues across projects',
  description:
    'The lists of all projects of the organisation (the first 200 by slug, or those named by `project`: ids or slugs, ' +
    'repeated or with commas) as one, with the same filters, search and sorts; each row says its project. A search ' +
    'about events looks through fewer of them in each project the more projects there are; `searchedBackTo` says how far.',
  tags: ['Issues'],
  handler: ({ org, query, actor }) => listOrgIssues(org.id, query, actor.userId),
})
