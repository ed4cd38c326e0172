// GET /api/v1/orgs/{org}/footprint: what would go with it.
import { orgFootprint } from '#server/domain/erasing/delete-org.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { orgParams } from '#server/http/params.ts'
import { footprint } from '#shared/schemas/erasure.ts'

export default defineEndpoint({
  access: 'owner',
  scope: 'org:admin',
  params: orgParams,
  response: footprint,
  summary: 'Count what is stored of an organisation',
  tags: ['organisations'],
  handler: ({ org }) => orgFootprint(org),
})
