// PATCH /api/v1/projects/{project}/alerts/{alert}
import { changeAlert } from '#server/domain/alerts/alerts.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import * as schema from '#shared/schemas/alert.ts'
import { decimalId } from '#shared/schemas/list.ts'

export default defineEndpoint({
  access: 'member',
  scope: 'issue:write',
  params: projectParams.extend({ alert: decimalId }),
  body: schema.changeAlert,
  response: schema.alert,
  summary: 'Acknowledge or resolve an alert',
  description:
    'An acknowledged one may be given back (active). What is resolved stays so: another cause makes another alert.',
  tags: ['alerts'],
  handler: ({ actor, org, project, params, body }) =>
    changeAlert(actor.userId, { org, project }, { id: params.alert, state: body.state }),
})
