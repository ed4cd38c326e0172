// GET /api/v1/orgs/{org}/erasures: how far removing is.
import { pageErasures } from '#server/domain/erasing/list-erasures.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { orgParams } from '#server/http/params.ts'
import { erasure, erasureQuery } from '#shared/schemas/erasure.ts'
import { pageOf } from '#shared/schemas/list.ts'

export default defineEndpoint({
  access: 'admin',
  scope: 'project:admin',
  params: orgParams,
  query: erasureQuery,
  response: pageOf(erasure),
  summary: 'List what is being removed',
  tags: ['organisations'],
  handler: ({ org, query }) => pageErasures(org, query),
})
