// What a database of Mesher consists of, by PostgreSQL's own catalogue: nothing here knows a table by name, so what a
// later migration adds is in the next backup.
import type pg from 'pg'

export interface Table {
  name: string
  /** Those a COPY may fill; generated columns fill themselves. */
  columns: string[]
}

/** All tables but `skipped`, referenced ones first. A partitioned table is one, its partitions are not listed. */
export async function listTablesInOrder(client: pg.Client, skipped: ReadonlySet<string>): Promise<Table[]> {
  const { rows } = await client.query<Table & { needs: string[] }>(
    `SELECT c.relname AS name,
            ARRAY(SELECT a.attname::text FROM pg_attribute a
                   WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
                   ORDER BY a.attnum) AS columns,
            ARRAY(SELECT DISTINCT r.relname::text FROM pg_constraint f JOIN pg_class r ON r.oid = f.confrelid
                   WHERE f.conrelid = c.oid AND f.contype = 'f' AND r.oid <> c.oid) AS needs
       FROM pg_class c
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      ORDER BY 1`,
  )
  const ordered: Table[] = []
  const known = new Set(skipped)
  for (let left = rows.filter(({ name }) => !skipped.has(name)); left.length > 0;) {
    const free = left.filter(({ needs }) => needs.every((need) => known.has(need)))
    if (free.length === 0) throw new Error('Tables refer to each other in a circle')
    for (const { name, columns } of free) {
      ordered.push({ name, columns })
      known.add(name)
    }
    left = left.filter(({ name }) => !known.has(name))
  }
  return ordered
}

export interface PartitionRow {
  parent: string
  name: string
  /** As `CREATE TABLE … PARTITION OF … <bound>` takes it. */
  bound: string
}

export async function listAllPartitions(client: pg.Client): Promise<PartitionRow[]> {
  const { rows } = await client.query<PartitionRow>(
    `SELECT p.relname AS parent, c.relname AS name, pg_get_expr(c.relpartbound, c.oid) AS bound
       FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
      WHERE p.relkind = 'p' AND c.relkind = 'r' AND p.relnamespace = 'public'::regnamespace AND NOT i.inhdetachpending
      ORDER BY 1, 2`,
  )
  return rows
}

/** Those that have given a number, with the last one. */
export async function listSequences(client: pg.Client): Promise<{ name: string; value: string }[]> {
  const { rows } = await client.query<{ name: string; value: string }>(
    `SELECT sequencename AS name, last_value::text AS value FROM pg_sequences
      WHERE schemaname = 'public' AND last_value IS NOT NULL ORDER BY 1`,
  )
  return rows
}
