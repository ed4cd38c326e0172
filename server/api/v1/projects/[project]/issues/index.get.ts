import { listIssues } from '#server/domain/issues/list-issues.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import { issueRow, listIssuesQuery } from '#shared/schemas/issue.ts'
import { searchPageOf } from '#shared/schemas/list.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'event:read',
  params: projectParams,
  query: listIssuesQuery,
  response: searchPageOf(issueRow),
  summary: 'List issues',
  description:
    'Newest first by the chosen sort. Unresolved issues are those seen in the range, by default the last 24 hours; ' +
    'resolved ones those resolved in it; archived ones are listed whatever the range. `query` takes words and terms: ' +
    '`level:error is:regressed assigned:me firstSeen:-24h events:>100 release:web@1.* tag[browser]:Chrome !has:user.id`. ' +
    'A state in it goes before `status` and `substatus`; a substatus means unresolved issues. Terms about events are met by one event of the issue; they are looked for ' +
    'among the newest events of the range, and `searchedBackTo` says how far back when that is not all of them.',
  tags: ['Issues'],
  handler: ({ project, query, actor }) => listIssues(project, query, actor.userId),
})
