// A bounded number of rows of one table. By ctid, which the planner cannot turn into a scan of everything; a
// partitioned table is therefore named by its partitions (partitionsOf), where a ctid is unique.
import pg from 'pg'
import { listPartitions } from '../partitions/partitions.ts'
import type { Db } from '../database.ts'

export interface Doomed {
  table: string
  /** Column and value; an index begins with these. */
  where: Record<string, number>
  /**
   * The rest of a unique index. Rows are locked in its order, which is that of the writers and the folder too, so that
   * they wait for each other instead of deadlocking.
   */
  order?: string
  limit: number
}

/** Names in it are the program's own, never anybody's input. @returns rows deleted */
export async function deleteSome(db: Db, { table, where, order, limit }: Doomed): Promise<number> {
  const name = pg.escapeIdentifier(table)
  const { condition, values } = conditionOf(where)
  const { rowCount } = await db.query(
    `DELETE FROM ${name} WHERE ctid = ANY(ARRAY(
       SELECT ctid FROM ${name} WHERE ${condition} ${order ? `ORDER BY ${order}` : ''} LIMIT $${values.length + 1}
       ${order ? 'FOR UPDATE' : ''}))`,
    [...values, limit],
  )
  return rowCount ?? 0
}

/** Oldest first. */
export const partitionsOf = async (db: Db, table: string): Promise<string[]> =>
  [...(await listPartitions(db, table))].sort()

/** Stored events that went, by what the books of storage know them by. */
export interface Gone {
  groupId: number
  /** UTC days. */
  receivedOn: string
  expiresOn: string
  events: number
  bytes: number
}

/**
 * @param before only those received before this UTC day
 * @returns what they took in the books
 */
export async function deleteSomeEvents(
  db: Db,
  {
    partition,
    where,
    before,
    limit,
  }: { partition: string; where: Record<string, number>; before?: string; limit: number },
): Promise<Gone[]> {
  const name = pg.escapeIdentifier(partition)
  const { condition, values } = conditionOf(where)
  const old =
    before === undefined ? '' : `AND received_at < $${values.push(`${before}T00:00:00Z`)}::timestamptz`
  const { rows } = await db.query<Gone>(
    `WITH gone AS (
       DELETE FROM ${name} WHERE ctid = ANY(ARRAY(
         SELECT ctid FROM ${name} WHERE ${condition} ${old} LIMIT $${values.length + 1}))
       RETURNING group_id, (received_at AT TIME ZONE 'UTC')::date AS received_on, expires_on, octet_length(payload) AS bytes
     )
     SELECT group_id AS "groupId", received_on AS "receivedOn", expires_on AS "expiresOn", count(*) AS events,
            sum(bytes) AS bytes
       FROM gone GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
    [...values, limit],
  )
  return rows
}

function conditionOf(where: Record<string, number>): { condition: string; values: unknown[] } {
  const columns = Object.keys(where)
  return {
    condition: columns.map((column, i) => `${pg.escapeIdentifier(column)} = $${i + 1}`).join(' AND '),
    values: Object.values(where),
  }
}
