import type { Db } from '../database.ts'

/**
 * Different users last seen on or after a day, over all groups of the project; of at most `bound` (group, user) pairs.
 * Leans on group_user's primary key, whose part of this project is read.
 */
export async function countAffectedUsers(
  db: Db,
  projectId: number,
  sinceDay: string,
  bound: number,
): Promise<number> {
  const { rows } = await db.query<{ n: number }>(
    `select count(distinct user_hash) as n from (
       select user_hash from group_user where project_id = $1 and last_seen_on >= $2::date limit $3) t`,
    [projectId, sinceDay, bound],
  )
  return rows[0]!.n // an aggregate always gives a row
}
