import { searchKeys } from '#server/domain/search/suggest.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import { pageOf } from '#shared/schemas/list.ts'
import { searchKey, searchKeysQuery } from '#shared/schemas/search.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'event:read',
  params: projectParams,
  query: searchKeysQuery,
  response: pageOf(searchKey),
  summary: 'Suggest keys for a search',
  description: 'The known keys of the list, then the commonest tags of recent events; at most 50.',
  tags: ['Search'],
  handler: async ({ project, query }) => ({
    data: await searchKeys(project.id, query.list),
    nextCursor: null,
  }),
})
