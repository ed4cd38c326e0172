// POST /api/auth/revoke-other-sessions: ends all sessions of the signed-in person but the one that asks.
import { revokeOtherSessions } from '#server/domain/accounts/session.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'

export default defineEndpoint({
  access: 'session',
  status: 204,
  summary: 'End all other sessions',
  tags: ['accounts'],
  handler: ({ actor }) => revokeOtherSessions(actor.userId, actor.sessionId),
})
