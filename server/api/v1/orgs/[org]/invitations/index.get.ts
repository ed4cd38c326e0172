// GET /api/v1/orgs/{org}/invitations: those still open.
import { pageInvitations } from '#server/domain/orgs/invitations.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { orgParams } from '#server/http/params.ts'
import { invitation } from '#shared/schemas/invitation.ts'
import { pageOf, pageQuery } from '#shared/schemas/list.ts'

export default defineEndpoint({
  access: 'admin',
  scope: 'org:admin',
  params: orgParams,
  query: pageQuery,
  response: pageOf(invitation),
  summary: 'List open invitations',
  tags: ['members'],
  handler: ({ org, query }) => pageInvitations(org, query),
})
