// What PostgreSQL spends its time with, as pg_stat_statements counts it: our own statements in our own database, without
// their values. A server need not have it: then that is the answer.
import type { Db } from '../database.ts'

export interface SlowQuery {
  text: string
  calls: number
  rows: number
  totalMs: number
  meanMs: number
  maxMs: number
}
export type SlowQueries =
  | { state: 'known'; since: Date | null; queries: SlowQuery[] }
  /** No such extension in this database; not loaded at the server's start; not for us to read. */
  | { state: 'absent' | 'not-loaded' | 'forbidden' }

const MAX_CHARACTERS = 1_000

/** The dearest in all first. */
export async function listSlowQueries(db: Db, limit: number): Promise<SlowQueries> {
  const found = await db.query<{ schema: string }>(
    `select quote_ident(n.nspname) as schema from pg_extension e
     join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_stat_statements'`,
  )
  const [extension] = found.rows
  if (!extension) return { state: 'absent' }
  try {
    const { rows } = await db.query<SlowQuery>(
      // Those of others, and of other databases, are none of ours; nor is looking at them.
      `select left(query, ${MAX_CHARACTERS}) as text, calls, rows,
              total_exec_time as "totalMs", mean_exec_time as "meanMs", max_exec_time as "maxMs"
       from ${extension.schema}.pg_stat_statements
       where dbid = (select oid from pg_database where datname = current_database())
         and userid = current_user::regrole and query not like '%pg_stat_statements%'
       order by total_exec_time desc limit $1`,
      [limit],
    )
    return { state: 'known', since: await resetAt(db, extension.schema), queries: rows }
  } catch (error) {
    const { code } = error as { code?: string }
    if (code === '55000') return { state: 'not-loaded' }
    if (code === '42501') return { state: 'forbidden' }
    throw error
  }
}

async function resetAt(db: Db, schema: string): Promise<Date | null> {
  const { rows } = await db.query<{ since: Date }>(
    `select stats_reset as since from ${schema}.pg_stat_statements_info`,
  )
  return rows[0]?.since ?? null
}
