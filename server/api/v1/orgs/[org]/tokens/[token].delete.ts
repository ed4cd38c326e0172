// DELETE /api/v1/orgs/{org}/tokens/{token}
import { revokeToken } from '#server/domain/tokens/tokens.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { orgParams } from '#server/http/params.ts'
import { decimalId } from '#shared/schemas/list.ts'

export default defineEndpoint({
  access: 'admin',
  params: orgParams.extend({ token: decimalId }),
  status: 204,
  summary: 'Revoke an API token',
  description: 'From the next request on it is unknown.',
  tags: ['organisations'],
  handler: ({ actor, org, params }) => revokeToken(actor.userId, org, params.token),
})
