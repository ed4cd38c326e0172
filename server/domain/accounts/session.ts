// Sessions: whose it is, signing in and out, the list of them. Headers come in and cookies go out as plain values;
// the doors know about requests.
import { DomainError } from '../errors.ts'
import { useDatabase } from '#server/storage/database.ts'
import { deleteOtherSessions, deleteSession } from '#server/storage/accounts/delete-sessions.ts'
import { listSessions, type SessionRow } from '#server/storage/accounts/list-sessions.ts'
import type { SignIn } from '#shared/schemas/account.ts'
import { CLIENT_ADDRESS_HEADER, useAuth } from './auth.ts'
import { withThrottle } from './throttle.ts'

export interface Person {
  id: string
  name: string
  email: string
}
export interface LiveSession {
  user: Person
  sessionId: string
  expiresAt: Date
  setCookies: string[]
}
export interface SignedIn {
  user: Person
  setCookies: string[]
}

/** Asks the database every time; null for absent, expired, revoked and forged cookies alike. */
export async function findSession(headers: Headers): Promise<LiveSession | null> {
  const auth = await useAuth()
  const answer = await auth.api.getSession({ headers, returnHeaders: true })
  if (!answer.response) return null
  const { user, session } = answer.response
  return {
    user: toPerson(user),
    sessionId: session.id,
    expiresAt: session.expiresAt,
    setCookies: answer.headers?.getSetCookie() ?? [],
  }
}

export async function signIn(credentials: SignIn, headers: Headers): Promise<SignedIn> {
  const address = headers.get(CLIENT_ADDRESS_HEADER) ?? 'unknown'
  return withThrottle('sign-in', { address, account: credentials.email }, () =>
    openSession(credentials, headers),
  )
}

/** Without the throttle: for whoever has just proved who he is. */
export async function openSession(credentials: SignIn, headers: Headers): Promise<SignedIn> {
  const auth = await useAuth()
  try {
    const { response, headers: answer } = await auth.api.signInEmail({
      body: credentials,
      headers,
      returnHeaders: true,
    })
    return { user: toPerson(response.user), setCookies: answer.getSetCookie() }
  } catch (error) {
    throw toDomainError(error)
  }
}

/** Always succeeds: whoever has no session is out already. */
export async function signOut(headers: Headers): Promise<string[]> {
  const auth = await useAuth()
  const answer = await auth.api.signOut({ headers, returnHeaders: true })
  return answer.headers.getSetCookie()
}

export async function changePassword(
  change: {
    currentPassword: string
    newPassword: string
    revokeOtherSessions: boolean
    account: string
  },
  headers: Headers,
): Promise<string[]> {
  const { account, ...body } = change
  const address = headers.get(CLIENT_ADDRESS_HEADER) ?? 'unknown'
  return withThrottle('sign-in', { address, account }, async () => {
    const auth = await useAuth()
    try {
      const answer = await auth.api.changePassword({
        body,
        headers,
        returnHeaders: true,
      })
      return answer.headers.getSetCookie()
    } catch (error) {
      throw toDomainError(error)
    }
  })
}

export const sessionsOf = (userId: string): Promise<SessionRow[]> => listSessions(useDatabase().read, userId)

export async function revokeSession(userId: string, id: string): Promise<void> {
  if (!(await deleteSession(useDatabase().read, { userId, id }))) throw new DomainError('not_found')
}

export const revokeOtherSessions = (userId: string, keepId: string): Promise<void> =>
  deleteOtherSessions(useDatabase().read, { userId, keepId })

const toPerson = ({ id, name, email }: Person): Person => ({ id, name, email })

/** better-auth's refusals carry a status and a code; its faults stay faults. */
function toDomainError(error: unknown): unknown {
  if (!(error instanceof Error) || !('body' in error)) return error
  const { code } = (error.body ?? {}) as { code?: string } // APIError's body, which its types leave open
  const refused = code === 'INVALID_EMAIL_OR_PASSWORD' || code === 'INVALID_PASSWORD'
  return refused ? new DomainError('invalid_credentials') : error
}
