import { eventHistogram } from '#server/domain/events/event-histogram.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import { eventHistogram as histogramSchema, eventHistogramQuery } from '#shared/schemas/event-view.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'event:read',
  params: projectParams,
  query: eventHistogramQuery,
  response: histogramSchema,
  summary: 'Events of a search over time by level',
  description:
    'The filter of the list of events, in bars as of `stats/volume`. Without a search, or one for levels and an ' +
    'environment alone, every event is counted. Any other search is counted newest first for a bounded time: bars ' +
    'before `countedBackTo` have no numbers.',
  tags: ['Events'],
  handler: ({ project, query }) => eventHistogram(project.id, query),
})
