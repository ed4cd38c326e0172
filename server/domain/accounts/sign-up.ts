// Makes an account. The first one and the ownership of the installation are one transaction: of any number of first
// sign-ups at once exactly one account comes into being, and the losers leave nothing behind. An invited one and its
// membership are one transaction, too: a link that was used up meanwhile leaves no account.
import { randomUUID } from 'node:crypto'
import { claimInstallation } from '#server/storage/accounts/claim-installation.ts'
import { insertAccount } from '#server/storage/accounts/insert-account.ts'
import { useDatabase, withTransaction } from '#server/storage/database.ts'
import type { SignUp } from '#shared/schemas/account.ts'
import { DomainError } from '../errors.ts'
import { takeInvitation } from '../orgs/invitations.ts'
import { useConfig } from '../settings.ts'
import { CLIENT_ADDRESS_HEADER } from './auth.ts'
import { admitSignUp, type Admission } from './installation.ts'
import { openSession, type SignedIn } from './session.ts'
import { withThrottle } from './throttle.ts'

/** `local`: the request comes from the machine itself, which makes the one-time token unnecessary. */
export async function signUp(
  person: SignUp,
  { local, headers }: { local: boolean; headers: Headers },
): Promise<SignedIn> {
  const address = headers.get(CLIENT_ADDRESS_HEADER) ?? 'unknown'
  const { firstOwnerToken, invitationToken } = person
  const admission = await admitSignUp({ local, firstOwnerToken, invitationToken })
  await withThrottle('sign-up', { address, account: person.email }, () => createAccount(person, admission))
  return openSession({ email: person.email, password: person.password }, headers)
}

async function createAccount(person: SignUp, admission: Admission): Promise<void> {
  const { hashPassword } = await import('better-auth/crypto')
  const passwordHash = await hashPassword(person.password)
  const userId = randomUUID()
  await withTransaction(useDatabase().read, async (db) => {
    const { name, email } = person
    if (!(await insertAccount(db, { userId, name, email, passwordHash })))
      throw new DomainError('email_taken')
    if (admission === 'invited') await takeInvitation(db, { token: person.invitationToken, userId })
    const lost = admission === 'first-owner' && !(await claimInstallation(db, userId))
    // Somebody was faster: this is now one of the later accounts.
    if (lost && !useConfig().openSignup) throw new DomainError('signup_closed')
  })
}
