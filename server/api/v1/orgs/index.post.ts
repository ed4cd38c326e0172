// POST /api/v1/orgs: whoever makes an organisation owns it.
import { createOrg } from '#server/domain/orgs/orgs.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import * as schema from '#shared/schemas/org.ts'

export default defineEndpoint({
  access: 'session',
  body: schema.createOrg,
  response: schema.org,
  status: 201,
  summary: 'Create an organisation',
  tags: ['organisations'],
  handler: ({ actor, body }) => createOrg(actor.userId, body),
})
