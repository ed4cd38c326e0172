import { searchValues } from '#server/domain/search/suggest.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import { pageOf } from '#shared/schemas/list.ts'
import { searchValue, searchValuesQuery } from '#shared/schemas/search.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'event:read',
  params: projectParams,
  query: searchValuesQuery,
  response: pageOf(searchValue),
  summary: 'Suggest values of a key for a search',
  description:
    'Environments and releases from all that were seen, the latest first; values of other keys from recent events, the ' +
    'commonest first; at most 50.',
  tags: ['Search'],
  handler: async ({ project, org, query }) => ({
    data: await searchValues({ id: project.id, organizationId: org.id }, query),
    nextCursor: null,
  }),
})
