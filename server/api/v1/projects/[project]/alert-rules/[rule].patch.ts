// PATCH /api/v1/projects/{project}/alert-rules/{rule}: any field; on, off, or muted until a time.
import { updateAlertRule } from '#server/domain/alerts/alert-rules.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { projectParams } from '#server/http/params.ts'
import * as schema from '#shared/schemas/alert.ts'
import { decimalId } from '#shared/schemas/list.ts'

export default defineEndpoint({
  access: 'admin',
  scope: 'project:admin',
  params: projectParams.extend({ rule: decimalId }),
  body: schema.updateAlertRule,
  response: schema.alertRule,
  summary: 'Change an alert rule',
  description:
    'What is left out stays. Another kind of trigger, other filters, or switching it off or on, count anew; another number or window judges what was counted.',
  tags: ['alerts'],
  handler: ({ actor, org, project, params, body }) =>
    updateAlertRule(actor.userId, { org, project }, { ...body, id: params.rule }),
})
