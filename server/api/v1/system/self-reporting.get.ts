// Whether Mesher reports its own faults, and where they are.
import { readSelfReporting } from '#server/domain/system/self-reporting.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { selfReporting } from '#shared/schemas/system-status.ts'

export default defineEndpoint({
  access: 'installation-owner',
  summary: 'Whether Mesher reports its own faults',
  tags: ['System'],
  response: selfReporting,
  handler: readSelfReporting,
})
