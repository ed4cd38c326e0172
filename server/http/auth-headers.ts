// What better-auth gets to see of a request: the cookie, and an address that is what we know to be true, not what
// the client's forwarding headers claim.
import { getRequestHeader, type H3Event } from 'h3'
import { CLIENT_ADDRESS_HEADER } from '#server/domain/accounts/auth.ts'
import { clientAddress } from './trust.ts'

const PASSED_ON = ['cookie', 'user-agent']

export function toAuthHeaders(event: H3Event): Headers {
  const headers = new Headers()
  for (const name of PASSED_ON) {
    const value = getRequestHeader(event, name)
    if (value) headers.set(name, value)
  }
  headers.set(CLIENT_ADDRESS_HEADER, clientAddress(event))
  return headers
}
