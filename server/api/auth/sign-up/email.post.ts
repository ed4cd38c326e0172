// POST /api/auth/sign-up/email: the first account owns the installation; later ones only with open sign-up or
// an invitation.
import { getRequestHeader } from 'h3'
import { signUp } from '#server/domain/accounts/sign-up.ts'
import { toAuthHeaders } from '#server/http/auth-headers.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { setCookies } from '#server/http/set-cookies.ts'
import { isLocalRequest } from '#server/http/trust.ts'
import * as account from '#shared/schemas/account.ts'

export default defineEndpoint({
  access: 'public',
  body: account.signUp,
  response: account.signedIn,
  summary: 'Sign up with e-mail address and password',
  tags: ['accounts'],
  handler: async ({ event, body }) => {
    const firstOwnerToken = body.firstOwnerToken ?? getRequestHeader(event, 'x-mesher-first-owner-token')
    const from = { local: isLocalRequest(event), headers: toAuthHeaders(event) }
    const { user, setCookies: cookies } = await signUp({ ...body, firstOwnerToken }, from)
    setCookies(event, cookies)
    return { user }
  },
})
