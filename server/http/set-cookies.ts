// Hands cookies made by the domain to the answer.
import { appendResponseHeader, type H3Event } from 'h3'

export function setCookies(event: H3Event, cookies: readonly string[]): void {
  for (const cookie of cookies) appendResponseHeader(event, 'set-cookie', cookie)
}
