import type { Db } from '../database.ts'
import { retained } from './retained.ts'
import { eventColumns, WITH_ITS_GROUP, type EventRecord } from './event-row.ts'

export interface StoredEvent extends EventRecord {
  payload: Buffer
  payloadBytes: number
}

/**
 * One event of the project with its payload. Leans on event's primary key (project_id, event_id, expires_on): one
 * look into each week given.
 */
export async function findEvent(
  db: Db,
  projectId: number,
  eventId: string,
  expiries: readonly string[],
): Promise<StoredEvent | null> {
  const { rows } = await db.query<StoredEvent>(
    `select ${eventColumns('g.issue_id')}, e.payload, e.payload_bytes as "payloadBytes"
     from event e ${WITH_ITS_GROUP}
     where e.project_id = $1 and e.event_id = $2::uuid and e.expires_on = any($3::date[])
       and ${retained('$1')}`,
    [projectId, eventId, expiries],
  )
  // Two only if an id came again weeks later. Not sorted in SQL, where another index would offer the order.
  return rows.toSorted((a, b) => b.receivedAt.getTime() - a.receivedAt.getTime())[0] ?? null
}
