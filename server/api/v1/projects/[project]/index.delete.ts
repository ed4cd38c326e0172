// DELETE /api/v1/projects/{project}: at once it exists for nobody; its rows go in the background.
import { deleteProject } from '#server/domain/erasing/delete-project.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import { confirmation, erasureStarted } from '#shared/schemas/erasure.ts'

export default defineEndpoint({
  access: 'admin',
  scope: 'project:admin',
  params: projectParams,
  body: confirmation,
  response: erasureStarted,
  status: 202,
  summary: 'Delete a project',
  tags: ['projects'],
  handler: ({ actor, org, project, body }) => deleteProject(actor.userId, { org, project }, body),
})
