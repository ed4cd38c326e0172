// POST /api/v1/orgs/{org}/transfer: somebody else becomes owner, oneself admin. For people, not for tokens.
import { transferOrg } from '#server/domain/orgs/members.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { orgParams } from '#server/http/params.ts'
import * as schema from '#shared/schemas/org.ts'

export default defineEndpoint({
  access: 'owner',
  params: orgParams,
  body: schema.transferOrg,
  response: schema.org,
  summary: 'Hand an organisation over to another member',
  tags: ['members'],
  handler: ({ actor, org, body }) => transferOrg(actor.userId, org, body.userId),
})
