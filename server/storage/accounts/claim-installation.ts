// Makes somebody the owner of the installation, if nobody is: the row lock of this one UPDATE decides between any
// number of first sign-ups at once, on any number of nodes. The one-time token is spent with it.
import type { Db } from '../database.ts'

export async function claimInstallation(db: Db, userId: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE installation SET owner_user_id = $1, first_owner_token_hash = NULL WHERE owner_user_id IS NULL`,
    [userId],
  )
  return rowCount === 1
}
