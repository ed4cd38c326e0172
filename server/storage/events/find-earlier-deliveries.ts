import type { Db } from '../database.ts'

/**
 * Which of these events already lie in the week before: the event's own key ends with its week, so a retry after
 * the turn of the week would not meet it. Asked only in the two days after a turn.
 * Leans on event's primary key, one partition by the constant `expiresOn`.
 * @returns keys `projectId:eventId`, the id as 32 hex
 */
export async function findEarlierDeliveries(
  db: Db,
  expiresOn: string,
  events: readonly { projectId: number; eventId: string }[],
): Promise<Set<string>> {
  const { rows } = await db.query<{ key: string }>({
    name: 'find-earlier-deliveries',
    text: `
      select project_id || ':' || replace(event_id::text, '-', '') as key
      from event where expires_on = $1::date and project_id = any($2::int[]) and event_id = any($3::uuid[])`,
    values: [expiresOn, [...new Set(events.map((e) => e.projectId))], events.map((e) => e.eventId)],
  })
  return new Set(rows.map((r) => r.key))
}
