// POST /api/v1/invitations/accept: the signed-in person becomes a member. Signing up by a link: auth/sign-up.
import { acceptInvitation } from '#server/domain/orgs/invitations.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import * as schema from '#shared/schemas/invitation.ts'

export default defineEndpoint({
  access: 'session',
  body: schema.invitationToken,
  response: schema.acceptedInvitation,
  summary: 'Accept an invitation',
  description: '409 for members; 410 as for inspecting.',
  tags: ['members'],
  handler: ({ actor, body }) => acceptInvitation(actor.userId, body.token),
})
