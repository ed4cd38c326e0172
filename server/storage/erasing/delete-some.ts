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

/** With what they took in the books, by the day they would have expired on. */
export async function deleteSomeEvents(
  db: Db,
  { partition, where, limit }: { partition: string; where: Record<string, number>; limit: number },
): Promise<{ expiresOn: string; events: number; bytes: number }[]> {
  const name = pg.escapeIdentifier(partition)
  const { condition, values } = conditionOf(where)
  const { rows } = await db.query<{ expiresOn: string; events: number; bytes: number }>(
    `WITH gone AS (
       DELETE FROM ${name} WHERE ctid = ANY(ARRAY(SELECT ctid FROM ${name} WHERE ${condition} LIMIT $${values.length + 1}))
       RETURNING expires_on, octet_length(payload) AS bytes
     )
     SELECT expires_on AS "expiresOn", count(*) AS events, sum(bytes) AS bytes FROM gone GROUP BY 1 ORDER BY 1`,
    [...values, limit],
  )
  return rows
}

function conditionOf(where: Record<string, number>) {
  const columns = Object.keys(where)
  return {
    condition: columns.map((column, i) => `${pg.escapeIdentifier(column)} = $${i + 1}`).join(' AND '),
    values: Object.values(where),
  }
}
