import { pageViews } from '#server/domain/views/views.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { orgParams } from '#server/http/params.ts'
import { pageOf } from '#shared/schemas/list.ts'
import { listViewsQuery, view } from '#shared/schemas/view.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'event:read',
  params: orgParams,
  query: listViewsQuery,
  response: pageOf(view),
  summary: 'List saved views',
  description:
    'One’s own and those shared by members, by name; `project=none` for those of the organisation’s lists.',
  tags: ['Views'],
  handler: ({ actor, org, query }) => pageViews(actor.userId, org, query),
})
