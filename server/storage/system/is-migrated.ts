import type { Db } from '../database.ts'

/**
 * Whether the database has this migration, and so all before it.
 * @throws 42P01 when nobody ever migrated it
 */
export async function isMigrated(db: Db, name: string): Promise<boolean> {
  const { rows } = await db.query(
    `select from _prisma_migrations
     where migration_name = $1 and finished_at is not null and rolled_back_at is null`,
    [name],
  )
  return rows.length > 0
}
