// A person with an e-mail address and a password: the two rows better-auth expects, in the caller's transaction.
// `false` when the address is taken (user_email_key).
import type { Db } from '../database.ts'

export interface NewAccount {
  userId: string
  name: string
  email: string
  passwordHash: string
}

export async function insertAccount(db: Db, account: NewAccount): Promise<boolean> {
  const { rowCount } = await db.query(
    `WITH person AS (
       INSERT INTO "user" (id, name, email) VALUES ($1, $2, $3) ON CONFLICT (email) DO NOTHING RETURNING id
     )
     INSERT INTO account (id, account_id, provider_id, user_id, password)
     SELECT gen_random_uuid()::text, id, 'credential', id, $4 FROM person`,
    [account.userId, account.name, account.email, account.passwordHash],
  )
  return rowCount === 1
}
