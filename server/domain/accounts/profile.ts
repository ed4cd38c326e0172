// What somebody is told about themselves, and may change.
import { markUser } from '#server/storage/accounts/mark-user.ts'
import { useDatabase } from '#server/storage/database.ts'
import type { Me } from '#shared/schemas/org.ts'
import { orgsOf } from '../orgs/orgs.ts'
import { isInstallationOwner } from './installation.ts'
import type { Person } from './session.ts'

/** Who they are, and where they may go. */
export async function describeMe({ id, name, email }: Person): Promise<Me> {
  const [orgs, installationOwner] = await Promise.all([orgsOf(id), isInstallationOwner(id)])
  return { id, name, email, installationOwner, orgs }
}

export async function renameMe(person: Person, name: string): Promise<Me> {
  await markUser(useDatabase().read, { id: person.id, name })
  return describeMe({ ...person, name })
}
