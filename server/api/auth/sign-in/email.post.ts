// POST /api/auth/sign-in/email
import { signIn } from '#server/domain/accounts/session.ts'
import { toAuthHeaders } from '#server/http/auth-headers.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { setCookies } from '#server/http/set-cookies.ts'
import * as account from '#shared/schemas/account.ts'

export default defineEndpoint({
  access: 'public',
  body: account.signIn,
  response: account.signedIn,
  summary: 'Sign in with e-mail address and password',
  tags: ['accounts'],
  handler: async ({ event, body }) => {
    const { user, setCookies: cookies } = await signIn(body, toAuthHeaders(event))
    setCookies(event, cookies)
    return { user }
  },
})
