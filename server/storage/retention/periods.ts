// What retention a project had from which UTC day on. A project that never changed it has no rows here: `retention_days`
// says it all. Leans on the primary keys of project and retention_period.
import type { Db } from '../database.ts'

export interface RetentionRow {
  /** As set last. */
  days: number
  /** In force until `from`; null: it never changed. */
  before: number | null
  /** UTC day, which may be to come. */
  from: string | null
  /** What was received before this UTC day is hidden. */
  retainedSince: string | null
  /** Oldest first; empty before the first change. */
  periods: { fromOn: string; days: number }[]
}

const COLUMNS = `
  p.retention_days AS days, p.retention_before AS before, p.retention_from AS "from", p.retained_since AS "retainedSince",
  coalesce((SELECT json_agg(json_build_object('fromOn', r.from_on, 'days', r.days) ORDER BY r.from_on)
              FROM retention_period r WHERE r.project_id = p.id), '[]') AS periods`

export async function findRetention(db: Db, projectId: number): Promise<RetentionRow | null> {
  const { rows } = await db.query<RetentionRow>(`SELECT ${COLUMNS} FROM project p WHERE p.id = $1`, [
    projectId,
  ])
  return rows[0] ?? null
}

/** The same, held until the transaction ends: one change of it at a time. */
export async function lockRetention(db: Db, projectId: number): Promise<RetentionRow | null> {
  await db.query(`SELECT FROM project WHERE id = $1 FOR NO KEY UPDATE`, [projectId])
  return findRetention(db, projectId)
}

/** Projects whose retention was ever changed: of the others everything goes with its week. */
export async function listChangedRetentions(
  db: Db,
  { after, limit }: { after: number; limit: number },
): Promise<(RetentionRow & { projectId: number })[]> {
  const { rows } = await db.query<RetentionRow & { projectId: number }>(
    `SELECT p.id AS "projectId", ${COLUMNS}
       FROM project p
      WHERE p.id > $1 AND p.retention_from IS NOT NULL AND p.deleting_at IS NULL
      ORDER BY p.id LIMIT $2`,
    [after, limit],
  )
  return rows
}

/** A retention that counts from a day to come; another that was to count from tomorrow on is replaced. */
export async function insertPeriod(
  db: Db,
  change: {
    projectId: number
    inForce: number
    days: number
    fromOn: string
    tomorrow: string
    sinceEver: string
  },
): Promise<void> {
  const { projectId, inForce, days, fromOn, tomorrow, sinceEver } = change
  await deletePeriodsFrom(db, projectId, tomorrow)
  await db.query(
    `INSERT INTO retention_period (project_id, from_on, days)
     SELECT $1::int, $2::date, $3::smallint WHERE NOT EXISTS (SELECT FROM retention_period WHERE project_id = $1)
     UNION ALL SELECT $1, $4::date, $5::smallint`,
    [projectId, sinceEver, inForce, fromOn, days],
  )
  await db.query(
    `UPDATE project SET retention_days = $2, retention_before = $3, retention_from = $4, updated_at = now() WHERE id = $1`,
    [projectId, days, inForce, fromOn],
  )
}

/** Takes back what was to count from a day to come: the retention in force stays. */
export async function cancelPeriod(
  db: Db,
  { projectId, inForce, tomorrow }: { projectId: number; inForce: number; tomorrow: string },
): Promise<void> {
  await deletePeriodsFrom(db, projectId, tomorrow)
  // `retention_from` stays: it says that there are periods, and with the same days on both sides it changes nothing.
  await db.query(
    `UPDATE project SET retention_days = $2, retention_before = $2, updated_at = now() WHERE id = $1`,
    [projectId, inForce],
  )
}

const deletePeriodsFrom = (db: Db, projectId: number, fromOn: string) =>
  db.query(`DELETE FROM retention_period WHERE project_id = $1 AND from_on >= $2`, [projectId, fromOn])

/** PostgreSQL's clock, ms since the epoch. */
export async function findNow(db: Db): Promise<Date> {
  const { rows } = await db.query<{ now: Date }>(`SELECT clock_timestamp() AS now`)
  return rows[0]!.now
}
