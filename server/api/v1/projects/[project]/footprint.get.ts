// GET /api/v1/projects/{project}/footprint: what would go with it.
import { projectFootprint } from '#server/domain/erasing/delete-project.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import { footprint } from '#shared/schemas/erasure.ts'

export default defineEndpoint({
  access: 'admin',
  scope: 'project:admin',
  params: projectParams,
  response: footprint,
  summary: 'Count what is stored of a project',
  tags: ['projects'],
  handler: ({ org, project }) => projectFootprint({ org, project }),
})
