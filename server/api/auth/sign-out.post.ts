// POST /api/auth/sign-out: ends the session of the cookie; without one there is nothing to do.
import { signOut } from '#server/domain/accounts/session.ts'
import { toAuthHeaders } from '#server/http/auth-headers.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { setCookies } from '#server/http/set-cookies.ts'

export default defineEndpoint({
  access: 'public',
  status: 204,
  summary: 'Sign out',
  tags: ['accounts'],
  handler: async ({ event }) => setCookies(event, await signOut(toAuthHeaders(event))),
})
