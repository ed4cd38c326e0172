// GET /api/v1/projects/{project}/keys. Members may read them: a DSN key is in every browser that reports here.
import { pageKeys } from '#server/domain/projects/keys.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import { pageOf, pageQuery } from '#shared/schemas/list.ts'
import { projectKey } from '#shared/schemas/project.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'event:read',
  params: projectParams,
  query: pageQuery,
  response: pageOf(projectKey),
  summary: 'List DSN keys',
  tags: ['projects'],
  handler: ({ project, query }) => pageKeys(project, query),
})
