// GET /api/v1/projects/{project}/storage
import { projectStorage } from '#server/domain/storage/storage.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import * as schema from '#shared/schemas/storage.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'event:read',
  params: projectParams,
  response: schema.projectStorage,
  summary: 'What is stored of a project, and for how long',
  description:
    'Exact, at most two seconds behind. Events are those that are stored; bytes are their compressed payloads, without indexes. `changes` says what each retention would do to what is stored now.',
  tags: ['projects'],
  handler: ({ project }) => projectStorage(project.id),
})
