// The next thing to erase, locked for this transaction, and what became of it in the same transaction: progress and
// removal are one, so a process that is killed in between has done neither. Leans on erasure_open_idx.
import { ERASING } from '../advisory-locks.ts'
import type { Db } from '../database.ts'

export interface OpenErasure {
  id: number
  organizationId: number
  projectId: number | null
  groupId: number | null
  actorId: string | null
}

/** Of all nodes one at a time erases; the lock goes with the transaction, so a frozen node cannot keep it for long. */
export async function tryEraserLock(db: Db): Promise<boolean> {
  const { rows } = await db.query<{ held: boolean }>(
    `SELECT pg_try_advisory_xact_lock(${ERASING}, 0) AS held`,
  )
  return rows[0]!.held
}

/**
 * The first after `after`.
 * @param graceSeconds so long the nodes may still take a deleted project's key for good
 */
export async function lockNextErasure(
  db: Db,
  { after, graceSeconds }: { after: number; graceSeconds: number },
): Promise<OpenErasure | null> {
  const { rows } = await db.query<OpenErasure>(
    `SELECT id, organization_id AS "organizationId", project_id AS "projectId", group_id AS "groupId",
            actor_id AS "actorId"
       FROM erasure
      WHERE finished_at IS NULL AND id > $1
        AND (group_id IS NOT NULL OR created_at <= clock_timestamp() - make_interval(secs => $2))
      ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED`,
    [after, graceSeconds],
  )
  return rows[0] ?? null
}

export async function markErased(
  db: Db,
  { id, events, finished }: { id: number; events: number; finished: boolean },
): Promise<void> {
  await db.query(
    `UPDATE erasure SET erased = erased + $2, finished_at = CASE WHEN $3 THEN clock_timestamp() END WHERE id = $1`,
    [id, events, finished],
  )
}
