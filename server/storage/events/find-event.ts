import type { Db } from '../database.ts'
import { EVENT_COLUMNS, type EventRecord } from './event-row.ts'

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
    `select ${EVENT_COLUMNS}, e.payload, e.payload_bytes as "payloadBytes"
     from event e join event_group g on g.project_id = e.project_id and g.group_id = e.group_id
     where e.project_id = $1 and e.event_id = $2::uuid and e.expires_on = any($3::date[])`,
    [projectId, eventId, expiries],
  )
  // Two only if an id came again weeks later. Not sorted in SQL, where another index would offer the order.
  return rows.toSorted((a, b) => b.receivedAt.getTime() - a.receivedAt.getTime())[0] ?? null
}
