import { deleteView } from '#server/domain/views/views.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { orgParams } from '#server/http/params.ts'
import { decimalId } from '#shared/schemas/list.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'issue:write',
  params: orgParams.extend({ view: decimalId }),
  status: 204,
  summary: 'Delete a view',
  description: 'By its maker; a shared one by admins too.',
  tags: ['Views'],
  handler: ({ actor, org, params }) => deleteView(actor.userId, org, params.view),
})
