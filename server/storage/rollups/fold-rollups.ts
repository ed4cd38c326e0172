// Old counts in coarser buckets, where they lie: the rows of a finer bucket are deleted and added to the row of the
// coarser one that begins then, in one statement, so that a sum over any range of whole coarse buckets is the same before,
// after and in between. Readers need to know nothing of it.
import pg from 'pg'
import { FOLDING_ROLLUPS } from '../advisory-locks.ts'
import type { Db } from '../database.ts'

/** Partitioned by month; what besides the project and the bucket tells a row from another. */
const KEYS = {
  rollup_project_quarter: ['level', 'environment'],
  rollup_group_hour: ['group_id', 'environment'],
  rollup_value_hour: ['kind', 'value'],
} as const
export type FoldedTable = keyof typeof KEYS
export const FOLDED_TABLES = Object.keys(KEYS) as FoldedTable[] // its own keys

/** Of all nodes one at a time folds; the lock goes with the transaction. */
export async function tryRollupLock(db: Db): Promise<boolean> {
  const { rows } = await db.query<{ held: boolean }>(
    `SELECT pg_try_advisory_xact_lock(${FOLDING_ROLLUPS}, 0) AS held`,
  )
  return rows[0]!.held
}

export interface FoldPlace {
  nextBlock: number
  foldedTo: Date | null
  finished: boolean
}

export async function findFoldPlace(db: Db, name: string): Promise<FoldPlace> {
  const { rows } = await db.query<FoldPlace>(
    `SELECT next_block AS "nextBlock", folded_to AS "foldedTo", finished_at IS NOT NULL AS finished
       FROM rollup_fold WHERE name = $1`,
    [name],
  )
  return rows[0] ?? { nextBlock: 0, foldedTo: null, finished: false }
}

export async function markFoldPlace(db: Db, name: string, place: FoldPlace): Promise<void> {
  await db.query(
    `INSERT INTO rollup_fold (name, next_block, folded_to, finished_at)
     VALUES ($1, $2, $3, CASE WHEN $4 THEN clock_timestamp() END)
     ON CONFLICT (name) DO UPDATE SET next_block = excluded.next_block, folded_to = excluded.folded_to,
       finished_at = excluded.finished_at`,
    [name, place.nextBlock, place.foldedTo, place.finished],
  )
}

/** Blocks of a partition on the disk. */
export async function countBlocks(db: Db, partition: string): Promise<number> {
  const { rows } = await db.query<{ n: number }>(
    `SELECT pg_relation_size($1::regclass) / current_setting('block_size')::bigint AS n`,
    [partition],
  )
  return rows[0]!.n
}

/**
 * Folds what lies in some blocks of a month into days of UTC. A scan of just these blocks, whatever the month holds; the
 * rows of days that it adds need no folding, wherever they land.
 */
export async function foldBlocks(
  db: Db,
  { table, partition, from, to }: { table: FoldedTable; partition: string; from: number; to: number },
): Promise<number> {
  const name = pg.escapeIdentifier(partition)
  const keys = KEYS[table].join(', ')
  const order =
    table === 'rollup_group_hour'
      ? 'project_id, group_id, bucket, environment'
      : `project_id, bucket, ${keys}`
  const { rows } = await db.query<{ n: number }>(
    `WITH fine AS (
       DELETE FROM ${name}
        WHERE ctid >= $1::tid AND ctid < $2::tid AND bucket <> date_trunc('day', bucket, 'UTC')
       RETURNING *
     ), days AS (
       INSERT INTO ${name} AS r (project_id, bucket, ${keys}, n)
       SELECT project_id, date_trunc('day', bucket, 'UTC') AS bucket, ${keys}, sum(n) FROM fine
        GROUP BY project_id, 2, ${keys} ORDER BY ${order}
       ON CONFLICT (project_id, bucket, ${keys}) DO UPDATE SET n = r.n + excluded.n
     )
     SELECT count(*) AS n FROM fine`,
    [`(${from},0)`, `(${to},0)`],
  )
  return rows[0]!.n
}

/**
 * Folds outcomes by the minute of a span into quarters of an hour: not into hours, because time zones are not whole
 * hours, and a chart by days of such a zone would be wrong. Leans on outcome_minute_minute_idx.
 */
export async function foldOutcomeMinutes(db: Db, { from, to }: { from: Date; to: Date }): Promise<number> {
  const { rows } = await db.query<{ n: number }>(
    `WITH fine AS (
       DELETE FROM outcome_minute
        WHERE minute >= $1 AND minute < $2 AND minute <> date_bin('15 minutes', minute, timestamptz '2000-01-01 00:00Z')
       RETURNING *
     ), quarters AS (
       INSERT INTO outcome_minute AS o (project_id, minute, outcome, n)
       SELECT project_id, date_bin('15 minutes', minute, timestamptz '2000-01-01 00:00Z') AS minute, outcome, sum(n)
         FROM fine GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
       ON CONFLICT (project_id, minute, outcome) DO UPDATE SET n = o.n + excluded.n
     )
     SELECT count(*) AS n FROM fine`,
    [from, to],
  )
  return rows[0]!.n
}

/** The oldest outcome from a time on; null without any. Leans on the same index. */
export async function findFirstOutcome(db: Db, from: Date | null): Promise<Date | null> {
  const { rows } = await db.query<{ minute: Date | null }>(
    `SELECT min(minute) AS minute FROM outcome_minute WHERE minute >= coalesce($1::timestamptz, '-infinity')`,
    [from],
  )
  return rows[0]!.minute
}
