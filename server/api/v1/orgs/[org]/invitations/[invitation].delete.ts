// DELETE /api/v1/orgs/{org}/invitations/{invitation}: takes a link back; twice is no error.
import { revokeInvitation } from '#server/domain/orgs/invitations.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { orgParams } from '#server/http/params.ts'
import { decimalId } from '#shared/schemas/list.ts'

export default defineEndpoint({
  access: 'admin',
  scope: 'org:admin',
  params: orgParams.extend({ invitation: decimalId }),
  status: 204,
  summary: 'Take an invitation back',
  tags: ['members'],
  handler: ({ actor, org, params }) => revokeInvitation(actor.userId, org, params.invitation),
})
