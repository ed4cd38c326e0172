// How big the database is, and what takes the room: partitions are counted with their table. Sizes are the file system's,
// rows PostgreSQL's own estimates; nothing here reads a row of a table.
import type { Db } from '../database.ts'

export interface DatabaseDescription {
  version: string
  bytes: number
  connections: number
  maxConnections: number
}

export async function describeDatabase(db: Db): Promise<DatabaseDescription> {
  const { rows } = await db.query<DatabaseDescription>(
    `select current_setting('server_version') as version,
            pg_database_size(current_database()) as bytes,
            (select count(*)::int from pg_stat_activity where datname = current_database()) as connections,
            current_setting('max_connections')::int as "maxConnections"`,
  )
  return rows[0]!
}

export interface TableSize {
  name: string
  partitions: number
  bytes: number
  indexBytes: number
  rows: number
}

/** The biggest first. */
export async function listTableSizes(db: Db, limit: number): Promise<TableSize[]> {
  const { rows } = await db.query<TableSize>(
    `select coalesce(parent.relname, c.relname) as name,
            count(parent.oid)::int as partitions,
            sum(pg_total_relation_size(c.oid))::bigint as bytes,
            sum(pg_indexes_size(c.oid))::bigint as "indexBytes",
            sum(greatest(c.reltuples, 0))::bigint as rows
     from pg_class c
     left join pg_inherits i on i.inhrelid = c.oid
     left join pg_class parent on parent.oid = i.inhparent
     where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r'
     group by 1 order by bytes desc, name limit $1`,
    [limit],
  )
  return rows
}
