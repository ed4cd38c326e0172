// GET /api/v1/setup: what the sign-up page must ask for.
import { describeSetup } from '#server/domain/accounts/installation.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { isLocalRequest } from '#server/http/trust.ts'
import { setup } from '#shared/schemas/org.ts'

export default defineEndpoint({
  access: 'public',
  response: setup,
  summary: 'Whether and how one can sign up',
  tags: ['accounts'],
  handler: ({ event }) => describeSetup({ local: isLocalRequest(event) }),
})
