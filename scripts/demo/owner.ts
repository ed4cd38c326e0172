// Whose demo it is: the owner of the installation, who signs up here when there is none and `--user` says who.
import { findInstallation } from '#server/storage/accounts/find-installation.ts'
import { deleteOtherSessions } from '#server/storage/accounts/delete-sessions.ts'
import { useDatabase } from '#server/storage/database.ts'
import { signUp } from '#server/domain/accounts/sign-up.ts'
import * as account from '#shared/schemas/account.ts'
import { LauncherError } from '../../launcher/launcher-error.ts'
import type { Say } from '../../launcher/console.ts'

export interface Owner {
  id: string
  email: string
}

/** @param user `email:password` */
export async function findOrMakeOwner(user: string | undefined, say: Say): Promise<Owner> {
  const owner = await findOwner()
  if (owner) {
    if (user) say(`This installation is owned by ${owner.email} already: --user is left aside`)
    return owner
  }
  if (!user) {
    throw new LauncherError(
      'Nobody has signed up yet, and the demo needs an owner. Start Mesher (npm start) and sign up, ' +
        'or let the demo do it: npm run demo -- --user you@example.org:a-long-password',
    )
  }
  return makeOwner(user, say)
}

async function findOwner(): Promise<Owner | null> {
  const { read } = useDatabase()
  const id = (await findInstallation(read))?.ownerUserId
  if (!id) return null
  const { rows } = await read.query<Owner>(`select id, email from "user" where id = $1`, [id])
  return rows[0] ?? null
}

async function makeOwner(user: string, say: Say): Promise<Owner> {
  const colon = user.indexOf(':')
  const parsed = account.signUp.safeParse({
    name: 'Demo Owner',
    email: user.slice(0, colon),
    password: user.slice(colon + 1),
  })
  if (colon < 1 || !parsed.success) {
    const problems = parsed.error?.issues.map(({ message }) => message) ?? []
    throw new LauncherError(`--user takes email:password. ${problems.join(' ')}`.trim())
  }
  const { user: person } = await signUp(parsed.data, { local: true, headers: new Headers() })
  // Signing up signs in as well; nobody holds that cookie.
  await deleteOtherSessions(useDatabase().read, { userId: person.id, keepId: '' })
  say(`✓ Signed up ${person.email}, who owns this installation`)
  return person
}
