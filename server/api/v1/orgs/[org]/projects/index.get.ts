// GET /api/v1/orgs/{org}/projects: with the last 24 hours and the open issues of each.
import { pageProjects } from '#server/domain/projects/projects.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { orgParams } from '#server/http/params.ts'
import { pageOf, pageQuery } from '#shared/schemas/list.ts'
import { projectRow } from '#shared/schemas/project.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'event:read',
  params: orgParams,
  query: pageQuery,
  response: pageOf(projectRow),
  summary: 'List projects',
  tags: ['projects'],
  handler: ({ org, query }) => pageProjects(org, query),
})
