import { issueEvents } from '#server/domain/events/list-events.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { issueParams } from '#server/http/issue-params.ts'
import { eventRow, listEventsQuery } from '#shared/schemas/event-view.ts'
import { searchPageOf } from '#shared/schemas/list.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'event:read',
  params: issueParams,
  query: listEventsQuery,
  response: searchPageOf(eventRow),
  summary: 'List the events of an issue',
  description: 'Newest first; all that are stored, unless a range is given.',
  tags: ['Events'],
  handler: ({ project, params, query }) => issueEvents(project, params.issue, query),
})
