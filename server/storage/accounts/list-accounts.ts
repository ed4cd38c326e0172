// Everybody with an account, and what they belong to. For the operator alone: it crosses organisations.
import type { Role } from '#shared/schemas/org.ts'
import type { Db } from '../database.ts'

export interface AccountRow {
  id: string
  name: string
  email: string
  createdAt: Date
  installationOwner: boolean
  orgs: { slug: string; role: Role }[]
}

const ACCOUNTS = `
  SELECT u.id, u.name, u.email, u.created_at AS "createdAt",
         EXISTS (SELECT FROM installation WHERE owner_user_id = u.id) AS "installationOwner",
         coalesce((SELECT json_agg(json_build_object('slug', o.slug, 'role', m.role) ORDER BY o.slug)
                     FROM member m JOIN organization o ON o.id = m.organization_id
                    WHERE m.user_id = u.id AND o.deleting_at IS NULL), '[]') AS orgs
    FROM "user" u`

export async function listAccounts(db: Db): Promise<AccountRow[]> {
  const { rows } = await db.query<AccountRow>(`${ACCOUNTS} ORDER BY u.created_at, u.id`)
  return rows
}

/** Leans on user_email_key: addresses are kept in lower case. */
export async function findAccount(db: Db, email: string): Promise<AccountRow | null> {
  const { rows } = await db.query<AccountRow>(`${ACCOUNTS} WHERE u.email = $1`, [email])
  return rows[0] ?? null
}
