// Who owns the installation, and who may sign up: the first account owns it, later ones need open sign-up or an
// invitation.
import { createHash, timingSafeEqual } from 'node:crypto'
import { DomainError } from '../errors.ts'
import { inspectInvitation } from '../orgs/invitations.ts'
import { useConfig } from '../settings.ts'
import { useDatabase } from '#server/storage/database.ts'
import { findInstallation, type InstallationRow } from '#server/storage/accounts/find-installation.ts'
import type { Setup } from '#shared/schemas/org.ts'

export async function isInstallationOwner(userId: string): Promise<boolean> {
  return (await findInstallation(useDatabase().read))?.ownerUserId === userId
}

/** What the sign-up page must ask for. `local`: the visitor sits at the machine itself. */
export async function describeSetup({ local }: { local: boolean }): Promise<Setup> {
  const installation = await findInstallation(useDatabase().read)
  if (!installation?.ownerUserId) return { signUp: 'first-owner', needsToken: !local }
  return { signUp: useConfig().openSignup ? 'open' : 'closed', needsToken: false }
}

export type Admission = 'first-owner' | 'open' | 'invited'

/** Throws unless a stranger may sign up now; says whether he would be the first. */
export async function admitSignUp(attempt: {
  local: boolean
  firstOwnerToken?: string
  invitationToken?: string
}): Promise<Admission> {
  const installation = await findInstallation(useDatabase().read)
  if (installation?.ownerUserId) {
    if (attempt.invitationToken) {
      await inspectInvitation(attempt.invitationToken) // throws when it is worth nothing (any more)
      return 'invited'
    }
    if (useConfig().openSignup) return 'open'
    throw new DomainError('signup_closed')
  }
  if (!attempt.local && !tokenFits(installation, attempt.firstOwnerToken)) {
    throw new DomainError('first_owner_token_needed')
  }
  return 'first-owner'
}

function tokenFits(installation: InstallationRow | null, token: string | undefined): boolean {
  if (!installation?.firstOwnerTokenHash || !token) return false
  const given = createHash('sha256').update(token).digest()
  const kept = Buffer.from(installation.firstOwnerTokenHash, 'hex')
  return given.length === kept.length && timingSafeEqual(given, kept)
}
