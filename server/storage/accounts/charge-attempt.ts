// One more attempt under a key, and how many that makes in the running window. One statement, so that parallel
// attempts on any node are all counted. Leans on rate_limit_key_key; `last_request` is the window's start in
// PostgreSQL's milliseconds.
import type { Db } from '../database.ts'

export async function chargeAttempt(
  db: Db,
  { key, windowSeconds }: { key: string; windowSeconds: number },
): Promise<{ count: number; secondsLeft: number }> {
  const { rows } = await db.query<{ count: number; secondsLeft: number }>(
    `WITH clock AS (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS ms)
     INSERT INTO rate_limit AS r (id, key, count, last_request)
     SELECT gen_random_uuid()::text, $1, 1, ms FROM clock
     ON CONFLICT (key) DO UPDATE SET
       count = CASE WHEN r.last_request + $2 * 1000::bigint <= excluded.last_request THEN 1 ELSE r.count + 1 END,
       last_request = CASE WHEN r.last_request + $2 * 1000::bigint <= excluded.last_request
                           THEN excluded.last_request ELSE r.last_request END
     RETURNING count, ceil((last_request + $2 * 1000::bigint - (SELECT ms FROM clock)) / 1000.0)::int AS "secondsLeft"`,
    [key, windowSeconds],
  )
  return rows[0]! // INSERT … ON CONFLICT DO UPDATE always returns its row
}

/** Gives one attempt back: it was not a failure. */
export async function refundAttempt(db: Db, key: string): Promise<void> {
  await db.query(`UPDATE rate_limit SET count = greatest(count - 1, 0) WHERE key = $1`, [key])
}

/** What nobody will count on any more. */
export async function deleteOldAttempts(db: Db, olderThanSeconds: number): Promise<void> {
  await db.query(
    `DELETE FROM rate_limit
      WHERE last_request < (extract(epoch FROM clock_timestamp()) - $1) * 1000`,
    [olderThanSeconds],
  )
}
