// GET /api/v1/orgs: the organisations of the signed-in person.
import { pageOrgs } from '#server/domain/orgs/orgs.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { pageOf, pageQuery } from '#shared/schemas/list.ts'
import { org } from '#shared/schemas/org.ts'

export default defineEndpoint({
  access: 'session',
  query: pageQuery,
  response: pageOf(org),
  summary: 'List organisations',
  tags: ['organisations'],
  handler: ({ actor, query }) => pageOrgs(actor.userId, query),
})
