import type { Db } from '../database.ts'

/**
 * How many new groups each project may still make in this hour; projects without a limit are missing. Writers that ask
 * at the same moment may each use the last places; that is the only way beyond the bound.
 * Leans on event_group's (project_id, created_at); reads no more rows than the limit, and while a project moves to another
 * grouping those that joined an issue there was, which count as nothing new.
 */
export async function countGroupRoom(db: Db, projectIds: readonly number[]): Promise<Map<number, number>> {
  const { rows } = await db.query<{ id: number; room: number }>({
    name: 'count-group-room',
    text: `
      select p.id, p.new_issues_per_hour - (
        select count(*) from (
          select from event_group g
          where g.project_id = p.id and g.created_at >= date_trunc('hour', now()) and not why ? 'joined'
          limit p.new_issues_per_hour
        ) made
      ) as room
      from project p where p.id = any($1::int[]) and p.new_issues_per_hour > 0`,
    values: [projectIds],
  })
  return new Map(rows.map((row) => [row.id, row.room]))
}
