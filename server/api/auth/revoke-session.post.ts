// POST /api/auth/revoke-session: ends one session of the signed-in person.
import { revokeSession } from '#server/domain/accounts/session.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import * as account from '#shared/schemas/account.ts'

export default defineEndpoint({
  access: 'session',
  body: account.revokeSession,
  status: 204,
  summary: 'End one session',
  tags: ['accounts'],
  handler: ({ actor, body }) => revokeSession(actor.userId, body.id),
})
