// What is kept for a while only and does not go with a partition: counts by the minute, and the affected users of groups,
// whose number stays (group_total, issue). A bounded number of rows at a time, project by project, oldest first.
import pg from 'pg'
import { listPartitions } from '../partitions/partitions.ts'
import type { Db } from '../database.ts'

const STEP = 5_000

/**
 * Counts of a project by the minute from before a time. Leans on the primary key (project_id, bucket) of each month.
 * @returns rows removed in this step; call again while it is not 0
 */
export async function deleteOldMinutes(db: Db, before: Date): Promise<number> {
  let removed = 0
  for (const partition of await listPartitions(db, 'rollup_project_minute')) {
    const name = pg.escapeIdentifier(partition)
    const { rowCount } = await db.query(
      `DELETE FROM ${name} WHERE bucket < $1 AND ctid = ANY(ARRAY(
         SELECT r.ctid FROM project p CROSS JOIN LATERAL (
           SELECT ctid FROM ${name} r WHERE r.project_id = p.id AND r.bucket < $1 ORDER BY r.bucket LIMIT ${STEP}
         ) r LIMIT ${STEP}))`,
      [before],
    )
    removed += rowCount ?? 0
  }
  return removed
}

/**
 * Affected users who were last seen before a UTC day. Somebody who comes back meanwhile is seen again and stays. Leans on
 * group_user_day_idx (project_id, last_seen_on).
 * @returns rows removed in this step; call again while it is not 0
 */
export async function deleteOldUsers(db: Db, before: string): Promise<number> {
  const { rowCount } = await db.query(
    `DELETE FROM group_user WHERE last_seen_on < $1 AND ctid = ANY(ARRAY(
       SELECT u.ctid FROM project p CROSS JOIN LATERAL (
         SELECT ctid FROM group_user u WHERE u.project_id = p.id AND u.last_seen_on < $1
          ORDER BY u.last_seen_on LIMIT ${STEP}
       ) u LIMIT ${STEP}))`,
    [before],
  )
  return rowCount ?? 0
}
