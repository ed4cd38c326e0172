import { z } from 'zod'
import { getIssueEvent } from '#server/domain/events/get-event.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { eventIdParam, issueParams } from '#server/http/issue-params.ts'
import { eventDetail } from '#shared/schemas/event-view.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'event:read',
  params: issueParams.extend({ eventId: z.union([z.enum(['latest', 'oldest']), eventIdParam]) }),
  response: eventDetail,
  summary: 'Get an event of an issue',
  description: 'By its id, or `latest`, or `oldest`.',
  tags: ['Events'],
  handler: ({ project, params }) => getIssueEvent(project, params.issue, params.eventId),
})
