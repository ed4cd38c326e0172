// GET /api/v1/orgs/{org}
import { toOrg } from '#server/domain/orgs/orgs.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { orgParams } from '#server/http/params.ts'
import * as schema from '#shared/schemas/org.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'event:read',
  params: orgParams,
  response: schema.org,
  summary: 'Read an organisation',
  tags: ['organisations'],
  handler: ({ org }) => toOrg(org, org.role),
})
