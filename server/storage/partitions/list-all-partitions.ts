import type { Db } from '../database.ts'
import { PARTITIONED_TABLES } from './partitions.ts'

/** Names of the attached partitions of all partitioned tables, in one question. */
export async function listAllPartitions(db: Db): Promise<Set<string>> {
  const { rows } = await db.query<{ name: string }>(
    `select c.relname as name from pg_inherits i
     join pg_class c on c.oid = i.inhrelid
     where i.inhparent = any($1::regclass[]) and not i.inhdetachpending`,
    [PARTITIONED_TABLES.map(({ table }) => table)],
  )
  return new Set(rows.map((row) => row.name))
}
