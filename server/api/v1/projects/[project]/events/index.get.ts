import { projectEvents } from '#server/domain/events/list-events.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import { eventRow, listEventsQuery } from '#shared/schemas/event-view.ts'
import { pageOf } from '#shared/schemas/list.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'event:read',
  params: projectParams,
  query: listEventsQuery,
  response: pageOf(eventRow),
  summary: 'List events',
  description: 'Newest first, by default those received in the last 24 hours.',
  tags: ['Events'],
  handler: ({ project, query }) => projectEvents(project, query),
})
