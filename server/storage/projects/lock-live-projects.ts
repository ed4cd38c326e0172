// Which of these projects are there and not being deleted. The row locks, taken in key order, make the eraser wait for
// this transaction before it removes a project, so that nothing is written behind its back; they do not disturb each
// other. What has a foreign key to the project takes the same lock anyway.
import type { Db } from '../database.ts'

/** For tables without that foreign key: `with ${LIVE_PROJECTS('$1')} …`, where $1 holds the ids. */
export const LIVE_PROJECTS = (ids: string): string => `live as materialized (
        select id from project where id = any(${ids}::int[]) and deleting_at is null order by id for key share
      )`

export async function lockLiveProjects(db: Db, ids: readonly number[]): Promise<Set<number>> {
  const { rows } = await db.query<{ id: number }>({
    name: 'lock-live-projects',
    text: `with ${LIVE_PROJECTS('$1')} select id from live`,
    values: [ids],
  })
  return new Set(rows.map(({ id }) => id))
}
