// The right to take partitions away, and a connection to do it on.
import type pg from 'pg'
import { REMOVING_PARTITIONS } from '../advisory-locks.ts'
import type { Db } from '../database.ts'

/**
 * Of all nodes one at a time: a transaction on a second connection holds the lock, because detaching concurrently is
 * none, and would wait for a transaction of its own that has looked at the table. When this process dies, both
 * connections go, and with them the lock; PostgreSQL ends a frozen node's transaction after a minute.
 */
export async function withRemoverLock(
  pool: pg.Pool,
  lockTimeoutMs: number,
  work: (db: Db) => Promise<void>,
): Promise<void> {
  const holder = await pool.connect()
  let broken: Error | boolean = false
  try {
    await holder.query('BEGIN')
    if (!(await tryLock(holder))) return
    const client = await pool.connect()
    try {
      await client.query(`select set_config('lock_timeout', $1, false)`, [String(lockTimeoutMs)])
      await work(client)
    } finally {
      // A setting of the session's must not go back to the pool with it.
      client.release(true)
    }
  } finally {
    await holder.query('ROLLBACK').catch(() => (broken = true))
    holder.release(broken)
  }
}

async function tryLock(db: Db): Promise<boolean> {
  const { rows } = await db.query<{ held: boolean }>(
    `select pg_try_advisory_xact_lock(${REMOVING_PARTITIONS}, 0) as held`,
  )
  return rows[0]!.held
}
