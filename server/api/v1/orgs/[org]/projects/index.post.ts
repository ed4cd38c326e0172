// POST /api/v1/orgs/{org}/projects: a project with its first key, ready to receive.
import { createProject } from '#server/domain/projects/projects.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { orgParams } from '#server/http/params.ts'
import * as schema from '#shared/schemas/project.ts'

export default defineEndpoint({
  access: 'admin',
  scope: 'project:admin',
  params: orgParams,
  body: schema.createProject,
  response: schema.project,
  status: 201,
  summary: 'Create a project',
  tags: ['projects'],
  handler: ({ actor, org, body }) => createProject(actor.userId, org, body),
})
