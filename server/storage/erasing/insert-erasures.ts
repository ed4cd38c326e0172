// What is to be removed in the background, with the number of stored events by the folded counts: the eraser
// (processes/eraser.ts) works it off. Leans on group_total_pkey.
import type { Db } from '../database.ts'

export interface NewErasure {
  organizationId: number
  /** Null: the organisation itself, once its projects are gone. */
  projectId: number | null
  label: string
  actorId: string | null
}

/** @returns its id */
export async function insertErasure(db: Db, erasure: NewErasure): Promise<number> {
  const { organizationId, projectId, label, actorId } = erasure
  const { rows } = await db.query<{ id: number }>(
    `INSERT INTO erasure (organization_id, project_id, label, actor_id, events)
     SELECT $1, $2::int, $3, $4, coalesce((SELECT sum(stored_count) FROM group_total WHERE project_id = $2), 0)
     RETURNING id`,
    [organizationId, projectId, label, actorId],
  )
  return rows[0]!.id // an INSERT without a condition returns its row
}

/** One for each group: its events, and whatever else is counted of it unless it is only discarded. */
export async function insertGroupErasures(
  db: Db,
  erasure: NewErasure & { projectId: number; groupIds: readonly number[] },
): Promise<void> {
  const { organizationId, projectId, groupIds, label, actorId } = erasure
  await db.query(
    `INSERT INTO erasure (organization_id, project_id, group_id, label, actor_id, events)
     SELECT $1, $2::int, g.id, $4, $5, coalesce(t.stored_count, 0)
       FROM unnest($3::bigint[]) AS g (id)
       LEFT JOIN group_total t ON t.project_id = $2 AND t.group_id = g.id
      ORDER BY g.id`,
    [organizationId, projectId, groupIds, label, actorId],
  )
}
