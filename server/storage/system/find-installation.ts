import type { Db } from '../database.ts'

export interface Installation {
  secret: string
  userSalt: Buffer
}

/** What all nodes share, made on first use: `secret` is only taken when none is there yet. */
export async function findOrCreateInstallation(db: Db, secret: string): Promise<Installation> {
  await db.query(`insert into installation (id, secret) values (1, $1) on conflict (id) do nothing`, [secret])
  const { rows } = await db.query<{ secret: string; user_salt: Buffer }>(
    `select secret, user_salt from installation where id = 1`,
  )
  return { secret: rows[0]!.secret, userSalt: rows[0]!.user_salt }
}
