import { updateView } from '#server/domain/views/views.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { orgParams } from '#server/http/params.ts'
import { decimalId } from '#shared/schemas/list.ts'
import * as schema from '#shared/schemas/view.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'issue:write',
  params: orgParams.extend({ view: decimalId }),
  body: schema.updateView,
  response: schema.view,
  summary: 'Rename a view, share it, or replace its filters',
  description: 'By its maker; a shared one by admins too, who cannot make it private.',
  tags: ['Views'],
  handler: ({ actor, org, params, body }) => updateView(actor.userId, org, params.view, body),
})
