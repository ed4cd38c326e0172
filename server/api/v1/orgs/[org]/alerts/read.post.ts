// POST /api/v1/orgs/{org}/alerts/read
import { readAlerts } from '#server/domain/alerts/alerts.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { orgParams } from '#server/http/params.ts'
import * as schema from '#shared/schemas/alert.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'issue:write',
  params: orgParams,
  body: schema.readAlerts,
  status: 204,
  summary: 'Mark alerts as read',
  description:
    'For whoever asks: all that the answer with this `readMark` could know of, or without one all until now.',
  tags: ['alerts'],
  handler: ({ actor, org, body }) => readAlerts(actor.userId, org, body.mark),
})
