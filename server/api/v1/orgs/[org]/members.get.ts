// GET /api/v1/orgs/{org}/members
import { pageMembers } from '#server/domain/orgs/orgs.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { orgParams } from '#server/http/params.ts'
import { pageOf, pageQuery } from '#shared/schemas/list.ts'
import { member } from '#shared/schemas/org.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'event:read',
  params: orgParams,
  query: pageQuery,
  response: pageOf(member),
  summary: 'List members',
  tags: ['organisations'],
  handler: ({ org, query }) => pageMembers(org, query),
})
