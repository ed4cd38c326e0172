// Partitions: which there should be, which there are, and making one without stopping the writers.
// A partition is created standalone, with a check that says what it will hold, and then attached: that takes a lock
// writers don't mind. `CREATE … PARTITION OF` would lock the parent exclusively behind the longest reader (measured:
// inserts stopped).
import pg from 'pg'
import { MAKING_PARTITIONS } from '../advisory-locks.ts'
import { withTransaction, type Db } from '../database.ts'

const DAY_MS = 86_400_000

export interface PartitionedTable {
  table: string
  column: string
  /** `date` columns hold days, `timestamptz` columns instants. */
  type: 'date' | 'timestamptz'
  unit: 'week' | 'month'
}

/** A range `[from, to)`, UTC days. */
export interface Partition extends PartitionedTable {
  name: string
  from: string
  to: string
}

export const PARTITIONED_TABLES: readonly PartitionedTable[] = [
  { table: 'event', column: 'expires_on', type: 'date', unit: 'week' },
  { table: 'rollup_project_minute', column: 'bucket', type: 'timestamptz', unit: 'month' },
  { table: 'rollup_project_quarter', column: 'bucket', type: 'timestamptz', unit: 'month' },
  { table: 'rollup_group_hour', column: 'bucket', type: 'timestamptz', unit: 'month' },
  { table: 'rollup_value_hour', column: 'bucket', type: 'timestamptz', unit: 'month' },
]

const isoDay = (date: Date) => date.toISOString().slice(0, 10)
const partitionName = (table: string, from: string) => `${table}_${from.replaceAll('-', '')}`

/** The partitions of a table that together cover the UTC days from `first` to `last`. */
export function partitionsCovering(table: PartitionedTable, first: Date, last: Date): Partition[] {
  const start = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth(), first.getUTCDate()))
  if (table.unit === 'month') start.setUTCDate(1)
  else start.setUTCDate(start.getUTCDate() - ((start.getUTCDay() + 6) % 7))
  const partitions: Partition[] = []
  for (let from = start; from <= last;) {
    const to = new Date(from)
    if (table.unit === 'month') to.setUTCMonth(to.getUTCMonth() + 1)
    else to.setTime(to.getTime() + 7 * DAY_MS)
    partitions.push({
      ...table,
      name: partitionName(table.table, isoDay(from)),
      from: isoDay(from),
      to: isoDay(to),
    })
    from = to
  }
  return partitions
}

/** The UTC day a partition begins with, from its name. */
export const beginningOf = (name: string): string =>
  name.slice(-8).replace(/^(\d{4})(\d\d)(\d\d)$/, '$1-$2-$3')

/** When the month of a partition is over. */
export function monthEnd(name: string): Date {
  const end = new Date(beginningOf(name))
  end.setUTCMonth(end.getUTCMonth() + 1)
  return end
}

/** Names of the partitions that are attached. */
export async function listPartitions(db: Db, table: string): Promise<Set<string>> {
  const { rows } = await db.query<{ name: string }>(
    `select c.relname as name from pg_inherits i
     join pg_class c on c.oid = i.inhrelid
     where i.inhparent = $1::regclass and not i.inhdetachpending`,
    [table],
  )
  return new Set(rows.map((r) => r.name))
}

/**
 * Makes and attaches one partition; nothing happens when it is there already, made by whomever.
 * Waits at most 2 s for a lock (55P03 then: the caller tries again later), so that it never queues in front of writers.
 */
export async function createPartition(pool: pg.Pool, partition: Partition): Promise<void> {
  const { table, column, name, from, to } = partition
  const parent = pg.escapeIdentifier(table)
  const child = pg.escapeIdentifier(name)
  const bound = (day: string) => pg.escapeLiteral(partition.type === 'date' ? day : `${day} 00:00:00+00`)
  await withTransaction(pool, async (client) => {
    await client.query(`set local lock_timeout = '2s'`)
    // One maker at a time in all nodes: the second finds the work done.
    await client.query(`select pg_advisory_xact_lock(${MAKING_PARTITIONS}, 0)`)
    if ((await listPartitions(client, table)).has(name)) return
    // One left over by a maker that died between the two steps was never attached and is empty.
    await client.query(`drop table if exists ${child}`)
    await client.query(
      `create table ${child} (like ${parent} including all,
         constraint range_check check (${pg.escapeIdentifier(column)} >= ${bound(from)} and ${pg.escapeIdentifier(column)} < ${bound(to)}))`,
    )
    await client.query(
      `alter table ${parent} attach partition ${child} for values from (${bound(from)}) to (${bound(to)})`,
    )
    await client.query(`alter table ${child} drop constraint range_check`)
  })
}

/** One that was being detached when whoever did it gave up or died: out of every new statement's sight, but not free. */
export async function findDetachPending(db: Db, table: string): Promise<string | null> {
  const { rows } = await db.query<{ name: string }>(
    `select c.relname as name from pg_inherits i
     join pg_class c on c.oid = i.inhrelid
     where i.inhparent = $1::regclass and i.inhdetachpending`,
    [table],
  )
  return rows[0]?.name ?? null
}

/** Partitions that were detached and not dropped: known by their names, which nothing else has. */
export async function listDetached(db: Db, table: string): Promise<string[]> {
  const { rows } = await db.query<{ name: string }>(
    `select c.relname as name from pg_class c
     where c.relkind = 'r' and c.relnamespace = (select relnamespace from pg_class where oid = $1::regclass)
       and c.relname ~ ('^' || $1 || '_[0-9]{8}$') and not c.relispartition
     order by 1`,
    [table],
  )
  return rows.map(({ name }) => name)
}

/**
 * Takes a partition out of its table, without ever standing in the way of a writer: DETACH CONCURRENTLY asks for no lock
 * that inserts or readers mind, waits for the transactions that may still see the partition, and only then takes it. It
 * waits at most as long as the client's `lock_timeout` says (55P03); the partition is then pending, and the next call
 * finishes it. On a client of its own: it is no transaction.
 */
export async function detachPartition(db: Db, table: string, name: string): Promise<void> {
  const pending = await findDetachPending(db, table)
  await db.query(
    `alter table ${pg.escapeIdentifier(table)} detach partition ${pg.escapeIdentifier(pending ?? name)}
     ${pending === null ? 'concurrently' : 'finalize'}`,
  )
  if (pending !== null && pending !== name) await detachPartition(db, table, name)
}

/** Only what is detached already: nothing reads or writes it any more. */
export async function dropPartition(db: Db, name: string): Promise<void> {
  await db.query(`drop table if exists ${pg.escapeIdentifier(name)}`)
}
