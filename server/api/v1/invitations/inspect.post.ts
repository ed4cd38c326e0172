// POST /api/v1/invitations/inspect: what a link offers, for whoever holds it. POST, so that no log sees the token.
import { inspectInvitation } from '#server/domain/orgs/invitations.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import * as schema from '#shared/schemas/invitation.ts'

export default defineEndpoint({
  access: 'public',
  body: schema.invitationToken,
  response: schema.invitationOffer,
  summary: 'Look at an invitation',
  description: '410 with `details.reason` (`used`, `revoked`, `expired`, `inviter`) when it is over.',
  tags: ['members'],
  handler: ({ body }) => inspectInvitation(body.token),
})
