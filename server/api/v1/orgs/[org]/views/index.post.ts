import { createView } from '#server/domain/views/views.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { orgParams } from '#server/http/params.ts'
import * as schema from '#shared/schemas/view.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'issue:write',
  params: orgParams,
  body: schema.createView,
  response: schema.view,
  status: 201,
  summary: 'Save a view',
  description:
    '`query` holds the filters of the page as they stand in its address. At most 100 for each person.',
  tags: ['Views'],
  handler: ({ actor, org, body }) => createView(actor.userId, org, body),
})
