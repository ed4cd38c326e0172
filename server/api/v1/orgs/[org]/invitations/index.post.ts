// POST /api/v1/orgs/{org}/invitations: a link for one person, shown this once.
import { createInvitation } from '#server/domain/orgs/invitations.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { orgParams } from '#server/http/params.ts'
import * as schema from '#shared/schemas/invitation.ts'

export default defineEndpoint({
  access: 'admin',
  scope: 'org:admin',
  params: orgParams,
  body: schema.createInvitation,
  response: schema.newInvitation,
  status: 201,
  summary: 'Make an invitation link',
  description:
    'Not above the own role, neither now nor when it is accepted. `url` is in this answer and nowhere else.',
  tags: ['members'],
  handler: ({ actor, org, body }) => createInvitation(actor.userId, org, body),
})
