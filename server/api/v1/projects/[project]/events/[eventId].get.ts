import { z } from 'zod'
import { getEvent } from '#server/domain/events/get-event.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { eventIdParam } from '#server/http/issue-params.ts'
import { projectParams } from '#server/http/params.ts'
import { eventDetail } from '#shared/schemas/event-view.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'event:read',
  params: projectParams.extend({ eventId: eventIdParam }),
  query: z.object({ day: z.iso.date().optional() }),
  response: eventDetail,
  summary: 'Get an event',
  description: '`day`, the UTC day it was received, makes looking it up cheaper; it need not be known.',
  tags: ['Events'],
  handler: ({ project, params, query }) => getEvent(project, params.eventId, query.day),
})
