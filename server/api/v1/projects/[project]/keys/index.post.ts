// POST /api/v1/projects/{project}/keys
import { createKey } from '#server/domain/projects/keys.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import * as schema from '#shared/schemas/project.ts'

export default defineEndpoint({
  access: 'admin',
  scope: 'project:admin',
  params: projectParams,
  body: schema.createKey,
  response: schema.projectKey,
  status: 201,
  summary: 'Create a DSN key',
  tags: ['projects'],
  handler: ({ actor, org, project, body }) => createKey(actor.userId, { org, project }, body.label),
})
