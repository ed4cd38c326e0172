// POST /api/v1/orgs/{org}/tokens: for people only, so that a token that leaks cannot outlive its revocation.
import { createToken } from '#server/domain/tokens/tokens.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { orgParams } from '#server/http/params.ts'
import * as schema from '#shared/schemas/token.ts'

export default defineEndpoint({
  access: 'admin',
  params: orgParams,
  body: schema.createToken,
  response: schema.createdToken,
  status: 201,
  summary: 'Make an API token',
  description:
    'The answer is the only place where `token` is ever shown. It works in this organisation alone, with these scopes, as far as the role of its maker allows at each use, and ends with their membership.',
  tags: ['organisations'],
  handler: ({ actor, org, body }) => createToken(actor.userId, org, body),
})
