// DELETE /api/v1/projects/{project}/keys/{key}: for good; not the last active one.
import { deleteKey } from '#server/domain/projects/keys.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import { decimalId } from '#shared/schemas/list.ts'

export default defineEndpoint({
  access: 'admin',
  scope: 'project:admin',
  params: projectParams.extend({ key: decimalId }),
  status: 204,
  summary: 'Delete a DSN key',
  tags: ['projects'],
  handler: ({ actor, org, project, params }) => deleteKey(actor.userId, { org, project }, params.key),
})
