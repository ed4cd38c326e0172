// POST /api/v1/projects/{project}/keys/{key}/rotate: a new key like this one; the old one goes on until it is disabled.
import { rotateKey } from '#server/domain/projects/keys.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import { decimalId } from '#shared/schemas/list.ts'
import * as schema from '#shared/schemas/project.ts'

export default defineEndpoint({
  access: 'admin',
  scope: 'project:admin',
  params: projectParams.extend({ key: decimalId }),
  response: schema.projectKey,
  status: 201,
  summary: 'Make a new DSN key in place of one',
  tags: ['projects'],
  handler: ({ actor, org, project, params }) => rotateKey(actor.userId, { org, project }, params.key),
})
