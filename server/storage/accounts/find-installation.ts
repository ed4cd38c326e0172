// The installation's one row: absent only before the launcher's first run.
import type { Db } from '../database.ts'

export interface InstallationRow {
  secret: string
  ownerUserId: string | null
  firstOwnerTokenHash: string | null
}

export async function findInstallation(db: Db): Promise<InstallationRow | null> {
  const { rows } = await db.query<InstallationRow>(
    `SELECT secret, owner_user_id AS "ownerUserId", first_owner_token_hash AS "firstOwnerTokenHash"
       FROM installation`,
  )
  return rows[0] ?? null
}
