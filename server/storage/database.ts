// Connections to PostgreSQL. Pools of their own, so that readers (lists, searches, exports) can never starve the line
// that stores events: `read` serves everything a person waits for, Prisma included; `write` belongs to the ingest line.
// Opened once by boot; tests open their own. No caching and no retry here: callers know what a failure means.
import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import type { PrismaClient } from './generated/prisma/client.ts'

/** A pool or one client of it: what every question in this room takes first. */
export interface Db {
  query<Row extends pg.QueryResultRow>(
    query: string | pg.QueryConfig,
    values?: unknown[],
  ): Promise<pg.QueryResult<Row>>
}

export interface Database {
  read: pg.Pool
  write: pg.Pool
  /** For what must not wait behind either: heartbeats. */
  control: pg.Pool
  /** Loaded at first use: Prisma costs memory that a node which only ingests does not need. */
  prisma: () => Promise<PrismaClient>
  close: () => Promise<void>
}

// What PostgreSQL sends as text although JavaScript has a type for it, and the other way round.
const INT8 = 20
const NUMERIC = 1700
const DATE = 1082
const parsers = new Map<number, (text: string) => unknown>([
  // Ids and counts stay far below 2^53; sums of bigint come as numeric.
  [INT8, Number],
  [NUMERIC, Number],
  // node-postgres would make local midnight of it, another day in half of the world: keep `YYYY-MM-DD`.
  [DATE, (text) => text],
])
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    (format !== 'binary' && parsers.get(oid)) ||
    pg.types.getTypeParser(oid, format as 'text')) as typeof pg.types.getTypeParser,
}

export interface PoolOptions {
  name: string
  max: number
  statementTimeoutMs: number
  /**
   * For a line whose every statement finds its rows by key: the plans it keeps must not depend on how empty the tables
   * were when they were made.
   */
  probesOnly?: boolean
}

export function createPool(url: string, options: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: `mesher ${options.name}`,
    max: options.max,
    types,
    keepAlive: true,
    // A full pool or an absent server is said after this, not after the client has long gone away.
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 30_000,
    statement_timeout: options.statementTimeoutMs,
    // A server that does not even do that any more (stopped, or cut off from us) is given up by ourselves.
    query_timeout: options.statementTimeoutMs + 5_000,
    ...(options.probesOnly ? { options: '-c enable_seqscan=off -c enable_bitmapscan=off' } : {}),
    // Ends what a crashed handler left open; such a transaction would hold back vacuum for everyone.
    idle_in_transaction_session_timeout: 60_000,
  })
  // An idle connection that breaks (restart, failover) is replaced at the next use; without a listener it would
  // end the process.
  pool.on('error', () => {})
  // The same for one that breaks between two statements of a transaction, or while it is being closed: whoever holds
  // it learns so from the next statement.
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

export interface DatabaseOptions {
  readConnections?: number
  writeConnections?: number
}

/** Opens nothing yet: connections are made when first needed, so a node starts while PostgreSQL is away. */
export function openDatabase(url: string, options: DatabaseOptions = {}): Database {
  const read = createPool(url, {
    name: 'read',
    max: options.readConnections ?? 10,
    statementTimeoutMs: 15_000,
  })
  const write = createPool(url, {
    name: 'write',
    max: options.writeConnections ?? 6,
    statementTimeoutMs: 30_000,
    probesOnly: true,
  })
  const control = createPool(url, { name: 'control', max: 2, statementTimeoutMs: 5_000, probesOnly: true })
  let prisma: Promise<PrismaClient> | undefined
  return {
    read,
    write,
    control,
    prisma: () => (prisma ??= openPrisma(read)),
    async close() {
      await (await prisma)?.$disconnect()
      await Promise.all([read.end(), write.end(), control.end()])
    },
  }
}

async function openPrisma(pool: pg.Pool): Promise<PrismaClient> {
  const { PrismaClient } = await import('./generated/prisma/client.ts')
  return new PrismaClient({ adapter: new PrismaPg(pool) })
}

let current: Database | undefined

/** Boot hands the database in; questions asked before that are a programming error. */
export function setDatabase(database: Database | undefined): void {
  current = database
}

export function useDatabase(): Database {
  if (!current) throw new Error('The database is not open yet: boot calls setDatabase first.')
  return current
}

/** Commits what `fn` did, or nothing of it. A connection that cannot even roll back is thrown away. */
export async function withTransaction<T>(
  pool: pg.Pool,
  fn: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect()
  let broken: Error | boolean = false
  try {
    await client.query('BEGIN')
    const result = await fn(client)
    await client.query('COMMIT')
    return result
  } catch (error) {
    await client.query('ROLLBACK').catch(() => (broken = true))
    throw error
  } finally {
    client.release(broken)
  }
}
