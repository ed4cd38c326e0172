// GET /api/auth/get-session: who is signed in here, or null.
import { findSession } from '#server/domain/accounts/session.ts'
import { toAuthHeaders } from '#server/http/auth-headers.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { setCookies } from '#server/http/set-cookies.ts'
import { assertTrustedHost } from '#server/http/trust.ts'
import { currentSession } from '#shared/schemas/account.ts'

export default defineEndpoint({
  access: 'public',
  response: currentSession,
  summary: 'The current session, or null',
  tags: ['accounts'],
  handler: async ({ event }) => {
    assertTrustedHost(event)
    const session = await findSession(toAuthHeaders(event))
    if (!session) return { user: null, session: null }
    setCookies(event, session.setCookies)
    const { user, sessionId: id, expiresAt } = session
    return { user, session: { id, expiresAt: expiresAt.toISOString() } }
  },
})
