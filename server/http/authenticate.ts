// Who is asking: the session cookie, or an API token, becomes an actor. Asked anew at every request, without a cache
// in cookie or memory, so that signing out elsewhere and revoking work at once. A request that shows a token is judged
// by it alone: a session never makes up for a bad one.
import { getRequestHeader, type H3Event } from 'h3'
import { findSession } from '#server/domain/accounts/session.ts'
import { DomainError } from '#server/domain/errors.ts'
import { findLiveToken, noteTokenUse } from '#server/domain/tokens/live-token.ts'
import { TOKEN_PREFIX, type Scope } from '#shared/schemas/token.ts'
import { toAuthHeaders } from './auth-headers.ts'
import { log } from './log.ts'
import { setCookies } from './set-cookies.ts'

export interface UserActor {
  kind: 'user'
  userId: string
  name: string
  email: string
  sessionId: string
}
export interface TokenActor {
  kind: 'token'
  /** Its creator: what a token does, its creator did. */
  userId: string
  tokenId: number
  tokenName: string
  /** The only one it opens. */
  organizationId: number
  scopes: readonly Scope[]
}
export type Actor = UserActor | TokenActor

/** @throws DomainError unauthenticated when the request shows a token that is none (any more) */
export async function authenticate(event: H3Event): Promise<Actor | null> {
  const secret = shownToken(event)
  return secret === null ? findPerson(event) : findTokenActor(secret)
}

/** The API token a request shows, good or bad; null for requests that show none. */
export function shownToken(event: H3Event): string | null {
  const [, secret] = /^Bearer +(\S+) *$/i.exec(getRequestHeader(event, 'authorization') ?? '') ?? []
  return secret?.startsWith(TOKEN_PREFIX) ? secret : null
}

async function findPerson(event: H3Event): Promise<UserActor | null> {
  const headers = toAuthHeaders(event)
  if (!headers.has('cookie')) return null
  const session = await findSession(headers)
  if (!session) return null
  // A session that was prolonged brings its cookie's new date.
  setCookies(event, session.setCookies)
  const { user, sessionId } = session
  return { kind: 'user', userId: user.id, name: user.name, email: user.email, sessionId }
}

async function findTokenActor(secret: string): Promise<TokenActor> {
  const token = await findLiveToken(secret)
  if (!token)
    throw new DomainError('unauthenticated', undefined, 'The API token is not known, or has expired')
  // Nobody waits for it, and it is no reason to refuse anything.
  void noteTokenUse(token).catch((error: unknown) =>
    log.warn('the use of an API token was not noted', { error }),
  )
  const { id: tokenId, name: tokenName, creatorId: userId, organizationId, scopes } = token
  return { kind: 'token', userId, tokenId, tokenName, organizationId, scopes }
}
