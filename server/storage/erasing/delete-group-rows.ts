// A step of removing the events of one group, in all weeks, and then whatever else is kept of a group that is gone. A
// discarded group keeps its totals: later events of it are counted. Storage figures go down by what went, so a step
// waits until what was appended of the group is folded; appended it cannot be any more, discarded or gone.
//
// Leans on event_group_received_idx (project, group) of each partition and on the primary keys of the others.
import { deleteSome, deleteSomeEvents, partitionsOf } from './delete-some.ts'
import type { Db } from '../database.ts'
import { takeOff } from '../storage-books/take-off.ts'

export type GroupStep = { waiting: true } | { waiting: false; events: number; finished: boolean }

const WAITING: GroupStep = { waiting: true }

export async function deleteGroupRows(
  db: Db,
  { projectId, groupId, rows, events }: { projectId: number; groupId: number; rows: number; events: number },
): Promise<GroupStep> {
  const group = await lockGroup(db, projectId, groupId)
  // Brought back meanwhile: what is left of it, and what comes, is wanted again.
  if (group === 'alive') return { waiting: false, events: 0, finished: true }
  if (await hasDeltas(db, projectId, groupId, { stored: true })) return WAITING

  const where = { project_id: projectId, group_id: groupId }
  let eventsLeft = events
  for (const partition of await partitionsOf(db, 'event')) {
    const gone = await deleteSomeEvents(db, { partition, where, limit: eventsLeft })
    await takeOff(db, projectId, gone)
    for (const day of gone) eventsLeft -= day.events
    if (eventsLeft <= 0) return { waiting: false, events, finished: false }
  }
  const done = events - eventsLeft
  if (group === 'discarded') return { waiting: false, events: done, finished: true }

  const hours = await partitionsOf(db, 'rollup_group_hour')
  let left = rows
  for (const { table, order } of [
    { table: 'group_user', order: 'user_hash' },
    ...hours.map((table) => ({ table, order: 'bucket, environment' })),
  ]) {
    left -= await deleteSome(db, { table, where, order, limit: left })
    if (left <= 0) return { waiting: false, events: done, finished: false }
  }
  // What a folder still adds would make the rows anew.
  if (await hasDeltas(db, projectId, groupId, { stored: false }))
    return done > 0 ? { waiting: false, events: done, finished: false } : WAITING
  // Asked again: what was folded between the statements above is there by now.
  for (const table of ['group_user', ...hours, 'group_total']) {
    left -= await deleteSome(db, { table, where, limit: left })
    if (left <= 0) return { waiting: false, events: done, finished: false }
  }
  return { waiting: false, events: done, finished: true }
}

/** Held until the end of the step: whoever brings the group back waits for it. */
async function lockGroup(
  db: Db,
  projectId: number,
  groupId: number,
): Promise<'gone' | 'discarded' | 'alive'> {
  const { rows } = await db.query<{ discarded: boolean }>(
    `SELECT discarded_at IS NOT NULL AS discarded FROM event_group
      WHERE project_id = $1 AND group_id = $2 FOR SHARE`,
    [projectId, groupId],
  )
  return !rows[0] ? 'gone' : rows[0].discarded ? 'discarded' : 'alive'
}

async function hasDeltas(
  db: Db,
  projectId: number,
  groupId: number,
  { stored }: { stored: boolean },
): Promise<boolean> {
  const { rows } = await db.query<{ there: boolean }>(
    `SELECT EXISTS (SELECT FROM event_delta
                     WHERE project_id = $1 AND group_id = $2 AND (stored > 0 OR NOT $3)) AS there`,
    [projectId, groupId, stored],
  )
  return rows[0]!.there
}
