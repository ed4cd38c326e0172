// PATCH /api/v1/projects/{project}/keys/{key}: label, origins, rate limit, on or off.
import { updateKey } from '#server/domain/projects/keys.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import { decimalId } from '#shared/schemas/list.ts'
import * as schema from '#shared/schemas/project.ts'

export default defineEndpoint({
  access: 'admin',
  scope: 'project:admin',
  params: projectParams.extend({ key: decimalId }),
  body: schema.updateKey,
  response: schema.projectKey,
  summary: 'Change a DSN key',
  tags: ['projects'],
  handler: ({ actor, org, project, params, body }) =>
    updateKey(actor.userId, { org, project }, { id: params.key, ...body }),
})
