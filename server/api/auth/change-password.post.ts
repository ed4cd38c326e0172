// POST /api/auth/change-password: needs the current one; every other session ends, unless asked not to.
import { changePassword } from '#server/domain/accounts/session.ts'
import { toAuthHeaders } from '#server/http/auth-headers.ts'
import { defineEndpoint } from '#server/http/define-endpoint.ts'
import { setCookies } from '#server/http/set-cookies.ts'
import * as account from '#shared/schemas/account.ts'

export default defineEndpoint({
  access: 'session',
  body: account.changePassword,
  status: 204,
  summary: 'Change the password',
  tags: ['accounts'],
  handler: async ({ event, body, actor }) =>
    setCookies(event, await changePassword({ ...body, account: actor.email }, toAuthHeaders(event))),
})
