import { projectEvents } from '#server/domain/events/list-events.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import { eventRow, listEventsQuery } from '#shared/schemas/event-view.ts'
import { searchPageOf } from '#shared/schemas/list.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'event:read',
  params: projectParams,
  query: listEventsQuery,
  response: searchPageOf(eventRow),
  summary: 'List events',
  description:
    'Newest first, by default those received in the last 24 hours. `query` takes words and terms: ' +
    '`level:error environment:production release:web@1.* user.id:42 tag[browser]:Chrome !has:transaction "a phrase"`. ' +
    'A search answers within its time with what it found: `nextCursor` goes on from `searchedBackTo`.',
  tags: ['Events'],
  handler: ({ project, query }) => projectEvents(project, query),
})
