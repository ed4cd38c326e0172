// Throws the switch. Every node hears of it within 5 s.
import { changeSelfReporting } from '#server/domain/system/self-reporting.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import * as schema from '#shared/schemas/system-status.ts'

export default defineEndpoint({
  access: 'installation-owner',
  body: schema.changeSelfReporting,
  response: schema.selfReporting,
  summary: 'Report Mesher’s own faults as events of a project, or stop it',
  tags: ['System'],
  handler: ({ actor, body }) => changeSelfReporting(actor.userId, body),
})
