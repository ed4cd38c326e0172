// Indexes of tables that are large and written to all the time: built while rows come in. A migration that does so does
// nothing else, because it can run in no transaction; each of its statements may be run again after it was cut off:
//
//   CREATE INDEX CONCURRENTLY IF NOT EXISTS event_release_idx ON event (project_id, release);
//   DROP INDEX CONCURRENTLY IF EXISTS event_release_old_idx;
//
// PostgreSQL has no such statement for partitioned tables. There the index is made without partitions, then on each of
// them, one after the other, and becomes valid with the last one; partitions made meanwhile bring it along.
import pg from 'pg'

/** Comments are no statements. */
const code = (sql: string) => sql.replaceAll(/--.*$/gm, '')

export const isConcurrent = (sql: string): boolean => /\bINDEX\s+CONCURRENTLY\b/i.test(code(sql))

const CREATE =
  /^CREATE\s+(?<unique>UNIQUE\s+)?INDEX\s+CONCURRENTLY\s+IF\s+NOT\s+EXISTS\s+(?<name>\w+)\s+ON\s+(?<table>\w+)\s+(?<rest>[^]+)$/i
const DROP = /^DROP\s+INDEX\s+CONCURRENTLY\s+IF\s+EXISTS\s+(?<name>\w+)$/i

export type IndexStep =
  | { kind: 'create'; unique: boolean; name: string; table: string; rest: string }
  | { kind: 'drop'; name: string }

/** @throws when there is anything but the two forms above */
export function readIndexSteps(sql: string): IndexStep[] {
  return code(sql)
    .split(';')
    .map((statement) => statement.trim())
    .filter(Boolean)
    .map((statement) => {
      const create = CREATE.exec(statement)?.groups
      if (create)
        return {
          kind: 'create',
          unique: create.unique !== undefined,
          name: create.name!,
          table: create.table!,
          rest: create.rest!,
        }
      const drop = DROP.exec(statement)?.groups
      if (drop) return { kind: 'drop', name: drop.name! }
      throw new Error(
        `A migration with CONCURRENTLY holds only CREATE INDEX CONCURRENTLY IF NOT EXISTS name ON table … and ` +
          `DROP INDEX CONCURRENTLY IF EXISTS name. This is neither: ${statement.slice(0, 100)}`,
      )
    })
}

export interface BuildOptions {
  /** How long to wait for a table, where it has to be had alone for a moment. */
  lockMs: number
  onProgress(line: string): void
}

export async function buildConcurrently(
  client: pg.Client,
  sql: string,
  options: BuildOptions,
): Promise<void> {
  const steps = readIndexSteps(sql)
  // Building waits for older transactions and holds up nobody meanwhile.
  await client.query('SET lock_timeout = 0')
  for (const step of steps) {
    if (step.kind === 'create') await create(client, step, options)
    else if (await isPartitioned(client, step.name))
      await withLockTimeout(client, options.lockMs, () =>
        client.query(`DROP INDEX IF EXISTS ${pg.escapeIdentifier(step.name)}`),
      )
    else await client.query(`DROP INDEX CONCURRENTLY IF EXISTS ${pg.escapeIdentifier(step.name)}`)
  }
}

async function create(
  client: pg.Client,
  { unique, name, table, rest }: Extract<IndexStep, { kind: 'create' }>,
  { lockMs, onProgress }: BuildOptions,
): Promise<void> {
  const kind = unique ? 'UNIQUE INDEX' : 'INDEX'
  if (!(await isPartitioned(client, table))) return build(client, { kind, name, table, rest })
  await withLockTimeout(client, lockMs, () =>
    client.query(
      `CREATE ${kind} IF NOT EXISTS ${pg.escapeIdentifier(name)} ON ONLY ${pg.escapeIdentifier(table)} ${rest}`,
    ),
  )
  const missing = await listPartitionsWithout(client, table, name)
  for (const [index, partition] of missing.entries()) {
    onProgress(`${name}: ${partition}, ${index + 1} of ${missing.length}`)
    const own = `${partition}_${name}`.slice(0, 63)
    await build(client, { kind, name: own, table: partition, rest })
    await withLockTimeout(client, lockMs, () =>
      client.query(`ALTER INDEX ${pg.escapeIdentifier(name)} ATTACH PARTITION ${pg.escapeIdentifier(own)}`),
    )
  }
}

/** What a cut-off build has left is not valid: it goes, and is built anew. */
async function build(
  client: pg.Client,
  { kind, name, table, rest }: { kind: string; name: string; table: string; rest: string },
): Promise<void> {
  const quoted = pg.escapeIdentifier(name)
  const { rows } = await client.query<{ valid: boolean }>(
    `SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = to_regclass($1)`,
    [quoted],
  )
  if (rows[0]?.valid) return
  if (rows[0]) await client.query(`DROP INDEX CONCURRENTLY IF EXISTS ${quoted}`)
  await client.query(`CREATE ${kind} CONCURRENTLY ${quoted} ON ${pg.escapeIdentifier(table)} ${rest}`)
}

async function withLockTimeout<T>(client: pg.Client, ms: number, work: () => Promise<T>): Promise<T> {
  await client.query(`SET lock_timeout = ${ms}`)
  try {
    return await work()
  } finally {
    await client.query('SET lock_timeout = 0')
  }
}

/** Of a table or an index. */
async function isPartitioned(client: pg.Client, name: string): Promise<boolean> {
  const { rows } = await client.query<{ kind: string }>(
    `SELECT relkind::text AS kind FROM pg_class WHERE oid = to_regclass($1)`,
    [pg.escapeIdentifier(name)],
  )
  return rows[0]?.kind === 'p' || rows[0]?.kind === 'I'
}

async function listPartitionsWithout(client: pg.Client, table: string, index: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent = to_regclass($1) AND NOT i.inhdetachpending
        AND NOT EXISTS (
          SELECT FROM pg_inherits ii JOIN pg_index x ON x.indexrelid = ii.inhrelid
           WHERE ii.inhparent = to_regclass($2) AND x.indrelid = c.oid)
      ORDER BY 1`,
    [pg.escapeIdentifier(table), pg.escapeIdentifier(index)],
  )
  return rows.map(({ name }) => name)
}
