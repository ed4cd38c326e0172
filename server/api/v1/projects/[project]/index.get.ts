// GET /api/v1/projects/{project}
import { getProject } from '#server/domain/projects/projects.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import * as schema from '#shared/schemas/project.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'event:read',
  params: projectParams,
  response: schema.projectDetail,
  summary: 'Read a project',
  tags: ['projects'],
  handler: ({ project }) => getProject(project.id),
})
