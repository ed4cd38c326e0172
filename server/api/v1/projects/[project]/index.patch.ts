// PATCH /api/v1/projects/{project}
import { updateProject } from '#server/domain/projects/projects.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import * as schema from '#shared/schemas/project.ts'

export default defineEndpoint({
  access: 'admin',
  scope: 'project:admin',
  params: projectParams,
  body: schema.updateProject,
  response: schema.projectDetail,
  summary: 'Change a project',
  tags: ['projects'],
  handler: ({ actor, org, project, body }) => updateProject(actor.userId, { org, project }, body),
})
