// DELETE /api/v1/orgs/{org}: with all its projects. At once it exists for nobody; its rows go in the background.
import { deleteOrg } from '#server/domain/erasing/delete-org.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { orgParams } from '#server/http/params.ts'
import { confirmation, erasureStarted } from '#shared/schemas/erasure.ts'

export default defineEndpoint({
  access: 'owner',
  scope: 'org:admin',
  params: orgParams,
  body: confirmation,
  response: erasureStarted,
  status: 202,
  summary: 'Delete an organisation',
  tags: ['organisations'],
  handler: ({ actor, org, body }) => deleteOrg(actor.userId, org, body),
})
