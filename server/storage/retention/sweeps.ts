// The removal of events that a shortened retention made surplus: begun, worked off in portions, ended. Progress and
// removal are one transaction, so a process that is killed in between has done neither. Leans on retention_sweep's
// primary key and retention_sweep_open_idx.
import { FOLDING, SWEEPING } from '../advisory-locks.ts'
import type { Db } from '../database.ts'

export interface Sweep {
  projectId: number
  /** Events received before this UTC day go. */
  before: string
}
export interface SweepProgress {
  before: string
  events: number
  removed: number
  startedAt: Date
  finishedAt: Date | null
}

/** Of all nodes one at a time sweeps; the lock goes with the transaction, so a frozen node cannot keep it for long. */
export async function trySweeperLock(db: Db): Promise<boolean> {
  const { rows } = await db.query<{ held: boolean }>(
    `SELECT pg_try_advisory_xact_lock(${SWEEPING}, 0) AS held`,
  )
  return rows[0]!.held
}

/**
 * Hides what was received before a UTC day, and begins to remove it. A day that has come before changes nothing. How many
 * there are is read from stored_day (by its primary key), without those that go with their week.
 */
export async function beginSweep(
  db: Db,
  { projectId, before, today }: Sweep & { today: string },
): Promise<void> {
  const { rowCount } = await db.query(
    `UPDATE project SET retained_since = $2 WHERE id = $1 AND coalesce(retained_since, '-infinity') < $2::date`,
    [projectId, before],
  )
  if (rowCount === 0) return
  await db.query(
    `INSERT INTO retention_sweep AS s (project_id, before, events)
     SELECT $1, $2, coalesce((SELECT sum(events) FROM stored_day
                               WHERE project_id = $1 AND received_on < $2 AND expires_on > $3), 0)
     ON CONFLICT (project_id) DO UPDATE SET before = excluded.before, events = excluded.events, removed = 0,
       started_at = clock_timestamp(), finished_at = NULL`,
    [projectId, before, today],
  )
}

/** The next open one behind a project, locked. */
export async function lockNextSweep(db: Db, after: number): Promise<Sweep | null> {
  const { rows } = await db.query<Sweep>(
    `SELECT project_id AS "projectId", before FROM retention_sweep
      WHERE finished_at IS NULL AND project_id > $1 ORDER BY project_id LIMIT 1 FOR UPDATE SKIP LOCKED`,
    [after],
  )
  return rows[0] ?? null
}

/** No fold of the project meanwhile: both change its books. */
export const holdFolding = (db: Db, projectId: number) =>
  db.query(`SELECT pg_advisory_xact_lock(${FOLDING}, $1::int)`, [projectId])

/** Whether something received before a day is stored and not in the books yet: a late replay of the spool. */
export async function hasUnfolded(db: Db, { projectId, before }: Sweep): Promise<boolean> {
  const { rows } = await db.query<{ there: boolean }>(
    `SELECT EXISTS (SELECT FROM event_delta WHERE project_id = $1 AND stored > 0
                     AND minute < $2::date::timestamp AT TIME ZONE 'UTC') AS there`,
    [projectId, before],
  )
  return rows[0]!.there
}

export async function markSwept(
  db: Db,
  { projectId, removed, finished }: { projectId: number; removed: number; finished: boolean },
): Promise<void> {
  await db.query(
    `UPDATE retention_sweep SET removed = removed + $2, events = greatest(events, removed + $2),
            finished_at = CASE WHEN $3 THEN clock_timestamp() END
      WHERE project_id = $1`,
    [projectId, removed, finished],
  )
}

export async function findSweep(db: Db, projectId: number): Promise<SweepProgress | null> {
  const { rows } = await db.query<SweepProgress>(
    `SELECT before, events, removed, started_at AS "startedAt", finished_at AS "finishedAt"
       FROM retention_sweep WHERE project_id = $1`,
    [projectId],
  )
  return rows[0] ?? null
}
