// Accounts as the operator of the machine manages them: no sign-up policy and no throttle stands in the way of whoever
// can read the database anyway. For the command line (scripts/mesher.ts).
import { randomUUID } from 'node:crypto'
import { claimInstallation } from '#server/storage/accounts/claim-installation.ts'
import { deleteOtherSessions } from '#server/storage/accounts/delete-sessions.ts'
import { insertAccount } from '#server/storage/accounts/insert-account.ts'
import { findAccount, listAccounts, type AccountRow } from '#server/storage/accounts/list-accounts.ts'
import { markPassword } from '#server/storage/accounts/mark-password.ts'
import { useDatabase, withTransaction } from '#server/storage/database.ts'
import { DomainError } from '../errors.ts'

const EVERY_SESSION = ''

/** Whoever is the first owns the installation, as by signing up. */
export async function makeAccount(person: {
  name: string
  email: string
  password: string
}): Promise<{ id: string; installationOwner: boolean }> {
  const { name, email } = person
  const passwordHash = await hash(person.password)
  const id = randomUUID()
  return withTransaction(useDatabase().read, async (db) => {
    if (!(await insertAccount(db, { userId: id, name, email, passwordHash })))
      throw new DomainError('email_taken')
    return { id, installationOwner: await claimInstallation(db, id) }
  })
}

/** Ends every session of theirs: somebody else may have known the old one. */
export async function resetPassword(email: string, password: string): Promise<void> {
  const passwordHash = await hash(password)
  await withTransaction(useDatabase().read, async (db) => {
    const person = await findAccount(db, email)
    if (!person) throw new DomainError('not_found', undefined, `There is no account ${email}`)
    await markPassword(db, { userId: person.id, passwordHash })
    await deleteOtherSessions(db, { userId: person.id, keepId: EVERY_SESSION })
  })
}

export const findPerson = (email: string): Promise<AccountRow | null> =>
  findAccount(useDatabase().read, email)

export const everybody = (): Promise<AccountRow[]> => listAccounts(useDatabase().read)

async function hash(password: string): Promise<string> {
  const { hashPassword } = await import('better-auth/crypto')
  return hashPassword(password)
}
