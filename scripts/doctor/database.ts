// The database as Mesher needs it: version, settings, migrations, partitions, clock, indexes.
import type pg from 'pg'
import { readMigrations } from '../../launcher/migrate.ts'
import { measureClock } from '#server/storage/system/measure-clock.ts'
import { RETENTION_DAYS } from '#shared/constants/limits.ts'
import type { Config } from '#shared/schemas/config.ts'
import { listAllPartitions } from '../backup/tables.ts'
import { bad, ok, warn, type Finding } from './check.ts'

const DAY_MS = 86_400_000
/** Of one node process: two pools and a little. */
const CONNECTIONS_EACH = 17

export async function checkDatabase(client: pg.Client, config: Config): Promise<Finding[]> {
  const findings = [await checkVersion(client), ...(await checkSettings(client, config))]
  const migrations = await checkMigrations(client)
  findings.push(migrations)
  // Without tables there is nothing more to look at.
  if (migrations.says.startsWith('none')) return findings
  return [
    ...findings,
    ...(await checkPartitions(client)),
    await checkClock(client),
    await checkIndexes(client),
    await checkTransactions(client),
    await checkOwner(client),
  ]
}

async function checkVersion(client: pg.Client): Promise<Finding> {
  const { rows } = await client.query<{ version: string; number: number; encoding: string }>(
    `SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS number,
            current_setting('server_encoding') AS encoding`,
  )
  const { version, number, encoding } = rows[0]!
  if (number < 150_000)
    return bad('PostgreSQL', `version ${version}`, 'Mesher needs 15 or newer: upgrade the server.')
  if (encoding !== 'UTF8')
    return bad(
      'PostgreSQL',
      `encoding ${encoding}`,
      'Make a database with ENCODING UTF8 and restore into it.',
    )
  return ok('PostgreSQL', `version ${version}`)
}

async function checkSettings(client: pg.Client, { processes, databaseUrl }: Config): Promise<Finding[]> {
  const { rows } = await client.query<{ name: string; setting: string; unit: string | null }>(
    `SELECT name, setting, unit FROM pg_settings WHERE name = ANY($1)`,
    [
      [
        ...['fsync', 'full_page_writes', 'synchronous_commit', 'autovacuum', 'max_connections'],
        ...['max_locks_per_transaction', 'shared_buffers'],
      ],
    ],
  )
  const value = Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))
  const check = 'settings'
  const findings: Finding[] = []
  for (const name of ['fsync', 'full_page_writes', 'synchronous_commit'])
    if (value[name] === 'off')
      findings.push(
        bad(check, `${name} is off: a power cut loses acknowledged events`, `Set ${name} = on and reload.`),
      )
  if (value.autovacuum === 'off')
    findings.push(
      bad(check, 'autovacuum is off: small tables grow without end', 'Set autovacuum = on and reload.'),
    )
  const needed = processes * CONNECTIONS_EACH + 5
  if (Number(value.max_connections) < needed)
    findings.push(
      bad(
        check,
        `max_connections is ${value.max_connections}; ${processes} processes may use ${needed}`,
        'Raise it, or lower MESHER_PROCESSES.',
      ),
    )
  if (Number(value.max_locks_per_transaction) < 128)
    findings.push(
      warn(
        check,
        `max_locks_per_transaction is ${value.max_locks_per_transaction}`,
        'Partitioned tables take many locks: set 256 and restart PostgreSQL.',
      ),
    )
  // In pages of 8 KiB.
  if (Number(value.shared_buffers) < 16_384)
    findings.push(
      warn(check, 'shared_buffers is below 128 MB', 'A quarter of the memory of the server is usual.'),
    )
  if (databaseUrl) {
    const { rows: roles } = await client.query<{ superuser: boolean }>(
      `SELECT rolsuper AS superuser FROM pg_roles WHERE rolname = current_user`,
    )
    if (roles[0]?.superuser)
      findings.push(
        warn(
          check,
          'Mesher connects as a superuser',
          'Make it a role of its own that owns its database: CREATE ROLE mesher LOGIN …',
        ),
      )
  }
  return findings.length > 0 ? findings : [ok(check, 'durable, roomy enough')]
}

async function checkMigrations(client: pg.Client): Promise<Finding> {
  const check = 'migrations'
  const { rows: there } = await client.query<{ there: boolean }>(
    `SELECT to_regclass('_prisma_migrations') IS NOT NULL AS there`,
  )
  const { rows } = there[0]!.there
    ? await client.query<{ name: string }>(
        `SELECT migration_name AS name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL`,
      )
    : { rows: [] }
  if (rows.length === 0)
    return warn(
      check,
      'none: the database is empty',
      'The first start makes its tables. Or restore a backup.',
    )
  const applied = new Set(rows.map(({ name }) => name))
  const known = readMigrations().map(({ name }) => name)
  const unknown = [...applied].filter((name) => !known.includes(name))
  if (unknown.length > 0)
    return bad(
      check,
      `the database was last used by a newer Mesher (${unknown.join(', ')})`,
      'Start that version, or restore a backup made before.',
    )
  const pending = known.filter((name) => !applied.has(name))
  if (pending.length > 0)
    return warn(check, `${pending.length} to apply: ${pending.join(', ')}`, 'The next start applies them.')
  return ok(check, `all ${known.length} applied`)
}

async function checkPartitions(client: pg.Client): Promise<Finding[]> {
  const check = 'partitions'
  const { rows } = await client.query<{ now: Date }>('SELECT now() AS now')
  const now = rows[0]!.now.getTime()
  const last = new Map<string, number>()
  for (const { parent, bound } of await listAllPartitions(client)) {
    const until = /TO \('([^']+)'\)/.exec(bound)?.[1]
    if (!until) continue
    const at = new Date(
      /\d\d:\d\d/.test(until) ? until.replace(/([+-]\d\d)$/, '$1:00') : `${until}T00:00:00Z`,
    )
    last.set(parent, Math.max(last.get(parent) ?? 0, at.getTime()))
  }
  const { rows: parents } = await client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relkind = 'p' AND relnamespace = 'public'::regnamespace ORDER BY 1`,
  )
  if (last.size === 0) return [warn(check, 'none yet', 'The first node that runs makes them.')]
  // Events lie by the day they expire, everything else by the day it came.
  const beyond = (name: string) => (name === 'event' ? RETENTION_DAYS.at(-1)! * DAY_MS : 0)
  const daysOf = (name: string) => Math.floor(((last.get(name) ?? 0) - beyond(name) - now) / DAY_MS)
  const [least] = parents
    .map(({ name }) => ({ name, days: daysOf(name) }))
    .sort((one, other) => one.days - other.days)
  const { name, days } = least! // Mesher has partitioned tables
  const advice =
    'A running node makes them two weeks ahead. If one does run, look for partition-keeper in its log and for long transactions.'
  if (days < 1) return [bad(check, `${name} has none for what comes tomorrow`, advice)]
  return [
    days < 7
      ? warn(check, `${name} has some for ${days} more days`, advice)
      : ok(check, `${days} days ahead`),
  ]
}

const CLOCK_WARN_MS = 2_000
const CLOCK_BAD_MS = 60_000

async function checkClock(client: pg.Client): Promise<Finding> {
  const offset = Math.round(await measureClock(client))
  const says = `PostgreSQL's differs from this machine's by ${Math.abs(offset)} ms`
  const advice = 'Mesher corrects for it, people and SDKs do not: let both keep time by NTP.'
  if (Math.abs(offset) > CLOCK_BAD_MS) return bad('clock', says, advice)
  return Math.abs(offset) > CLOCK_WARN_MS ? warn('clock', says, advice) : ok('clock', says)
}

async function checkIndexes(client: pg.Client): Promise<Finding> {
  // Being built right now is no fault; of a partitioned table an index is valid with its last part.
  const { rows } = await client.query<{ name: string }>(
    `SELECT i.relname AS name FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
      WHERE NOT x.indisvalid AND i.relnamespace = 'public'::regnamespace
        AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = x.indexrelid)
      ORDER BY 1`,
  )
  if (rows.length === 0) return ok('indexes', 'all valid')
  const names = rows.map(({ name }) => name)
  return bad(
    'indexes',
    `not valid: ${names.join(', ')}`,
    `REINDEX INDEX CONCURRENTLY ${names[0]}; one that a migration was building is built by the next start.`,
  )
}

async function checkTransactions(client: pg.Client): Promise<Finding> {
  const { rows } = await client.query<{ name: string; minutes: number; age: string }>(
    `SELECT coalesce(max(application_name), '') AS name,
            coalesce(extract(epoch FROM now() - min(xact_start)) / 60, 0)::float8 AS minutes,
            (SELECT age(datfrozenxid) FROM pg_database WHERE datname = current_database())::text AS age
       FROM (SELECT application_name, xact_start FROM pg_stat_activity
              WHERE datname = current_database() AND xact_start IS NOT NULL AND pid <> pg_backend_pid()
              ORDER BY xact_start LIMIT 1) oldest`,
  )
  const { name, minutes, age } = rows[0]!
  const check = 'transactions'
  if (Number(age) > 1_000_000_000)
    return bad(check, `the oldest row is ${age} transactions old`, 'VACUUM (FREEZE) the database soon.')
  if (minutes > 60)
    return warn(
      check,
      `one is open for ${Math.round(minutes)} minutes (${name || 'without a name'})`,
      'It keeps dead rows alive. End it: SELECT pg_terminate_backend(pid) FROM pg_stat_activity …',
    )
  return ok(check, 'none open for long')
}

async function checkOwner(client: pg.Client): Promise<Finding> {
  const { rows } = await client.query<{ owned: boolean }>(
    `SELECT EXISTS (SELECT FROM installation WHERE owner_user_id IS NOT NULL) AS owned`,
  )
  return rows[0]!.owned
    ? ok('owner', 'the installation has one')
    : warn('owner', 'nobody owns this installation yet', 'Sign up with the link that is printed at start.')
}
