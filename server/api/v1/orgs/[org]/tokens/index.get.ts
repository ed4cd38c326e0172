// GET /api/v1/orgs/{org}/tokens
import { pageTokens } from '#server/domain/tokens/tokens.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { orgParams } from '#server/http/params.ts'
import { pageOf, pageQuery } from '#shared/schemas/list.ts'
import { apiToken } from '#shared/schemas/token.ts'

export default defineEndpoint({
  access: 'admin',
  params: orgParams,
  query: pageQuery,
  response: pageOf(apiToken),
  summary: 'List API tokens',
  description: 'Newest first, the expired among them, without their secrets.',
  tags: ['organisations'],
  handler: ({ org, query }) => pageTokens(org, query),
})
