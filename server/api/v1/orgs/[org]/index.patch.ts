// PATCH /api/v1/orgs/{org}: name and short name. Old addresses stop working, so it is the owner's to decide.
import { updateOrg } from '#server/domain/orgs/orgs.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { orgParams } from '#server/http/params.ts'
import * as schema from '#shared/schemas/org.ts'

export default defineEndpoint({
  access: 'owner',
  scope: 'org:admin',
  params: orgParams,
  body: schema.updateOrg,
  response: schema.org,
  summary: 'Rename an organisation',
  tags: ['organisations'],
  handler: ({ actor, org, body }) => updateOrg(actor.userId, org, body),
})
