// Who is asking: the session cookie becomes an actor. (API tokens will become one here, too.) Asked anew at every
// request, without a cache in cookie or memory, so that signing out elsewhere works at once.
import type { H3Event } from 'h3'
import { findSession } from '#server/domain/accounts/session.ts'
import { toAuthHeaders } from './auth-headers.ts'
import { setCookies } from './set-cookies.ts'

export interface Actor {
  kind: 'user'
  userId: string
  name: string
  email: string
  sessionId: string
}

export async function authenticate(event: H3Event): Promise<Actor | null> {
  const headers = toAuthHeaders(event)
  if (!headers.has('cookie')) return null
  const session = await findSession(headers)
  if (!session) return null
  // A session that was prolonged brings its cookie's new date.
  setCookies(event, session.setCookies)
  const { user, sessionId } = session
  return { kind: 'user', userId: user.id, name: user.name, email: user.email, sessionId }
}
