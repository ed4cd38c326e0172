// The bench's own PostgreSQL: the embedded one, with the settings of production (fsync on), thrown away at the end.
// And what is asked of it: projects to send to, and afterwards the proof of what is stored.
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { startEmbeddedPostgres } from '../launcher/embedded-postgres.ts'
import { readInstallation } from '../launcher/installation.ts'
import { migrate } from '../launcher/migrate.ts'
import { startOf } from '#server/runtime/process-identity.ts'
import { eventId } from './event-ids.ts'

export interface BenchDatabase {
  directory: string
  version: string
  url: string
  secret: string
  /** A second database beside it, empty, for the limit programs. */
  limitUrl: string
  pool: pg.Pool
  postmasterPid: number
  /** So that no run pays for what an earlier one has written. */
  checkpoint(): Promise<void>
  /** Begins a transaction that only looks, and keeps its snapshot until it is closed. */
  holdSnapshot(): Promise<() => Promise<void>>
  close(): Promise<void>
}

/** @param keepAs name of a directory below `root` that is used again, and stays */
export async function openBenchDatabase(root: string, keepAs?: string): Promise<BenchDatabase> {
  fs.mkdirSync(root, { recursive: true })
  removeLeftovers(root)
  const directory =
    keepAs === undefined ? fs.mkdtempSync(path.join(root, 'bench-')) : path.join(root, `kept-${keepAs}`)
  fs.mkdirSync(directory, { recursive: true })
  const postgres = await startEmbeddedPostgres({ dataDirectory: directory, say: () => {} })
  const admin = new pg.Client({ connectionString: postgres.superuserUrl() })
  admin.on('error', () => {})
  await admin.connect()
  const { rowCount } = await admin.query(`SELECT FROM pg_database WHERE datname = 'bench_limit'`)
  if (rowCount === 0) await admin.query('CREATE DATABASE bench_limit OWNER mesher')
  const url = postgres.url()
  await migrate(url)
  const { secret } = await readInstallation(url, undefined)
  const pool = new pg.Pool({ connectionString: url, max: 4, application_name: 'bench' })
  pool.on('error', () => {})
  return {
    directory,
    version: postgres.version,
    url,
    secret,
    limitUrl: postgres.url('bench_limit'),
    pool,
    postmasterPid: Number(
      fs.readFileSync(path.join(directory, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0],
    ),
    async checkpoint() {
      await admin.query('CHECKPOINT')
    },
    async holdSnapshot() {
      const client = new pg.Client({ connectionString: url, application_name: 'bench snapshot' })
      client.on('error', () => {})
      await client.connect()
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
      await client.query('SELECT count(*) FROM event_delta')
      return () => client.end()
    },
    async close() {
      await pool.end()
      await admin.end()
      await postgres.stop()
      if (keepAs === undefined) fs.rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** Of benches that were killed: gigabytes that nobody misses. */
function removeLeftovers(root: string): void {
  for (const name of fs.readdirSync(root).filter((entry) => /^bench-\w{6}$/.test(entry))) {
    const directory = path.join(root, name)
    if (!isInUse(directory)) fs.rmSync(directory, { recursive: true, force: true })
  }
}

function isInUse(directory: string): boolean {
  try {
    const record = fs.readFileSync(path.join(directory, 'launcher.json'), 'utf8')
    const { pid, start } = JSON.parse(record) as { pid: number; start: string | null }
    return start !== null && startOf(pid) === start
  } catch {
    return false
  }
}

export interface BenchProject {
  id: number
  key: string
}

/** A fresh one for each run, so that its counts are the run's. */
export async function makeProject(pool: pg.Pool, name: string): Promise<BenchProject> {
  const key = randomBytes(16).toString('hex')
  const { rows } = await pool.query<{ id: number }>(
    `with o as (
       insert into organization (slug, name) values ('bench', 'Bench') on conflict (slug) do update set name = excluded.name returning id
     ), p as (
       insert into project (organization_id, slug, name, platform, rate_limit_per_minute, new_issues_per_hour)
       select id, $1, $1, 'node', 0, 0 from o returning id
     ), k as (
       insert into project_key (project_id, public_key, label) select id, $2, 'Bench' from p
     ) select id from p`,
    [`${name.replaceAll('.', '-')}-${key.slice(0, 6)}`, key],
  )
  return { id: rows[0]!.id, key }
}

const FOLD_PATIENCE_MS = 120_000

/** Waits until everything appended has been added up. @returns how long that took, ms */
export async function untilFolded(pool: pg.Pool, projectId: number): Promise<number> {
  const began = performance.now()
  for (;;) {
    const { rows } = await pool.query<{ left: boolean }>(
      `select exists (select from event_delta where project_id = $1)
           or exists (select from outcome_delta where project_id = $1) as left`,
      [projectId],
    )
    const tookMs = performance.now() - began
    if (!rows[0]!.left) return tookMs
    if (tookMs > FOLD_PATIENCE_MS)
      throw new Error(`Deltas of project ${projectId} are not folded after two minutes.`)
    await sleep(20)
  }
}

export interface Proof {
  /** Rows in `event`. */
  stored: number
  /** Acknowledged and not there. */
  lost: number
  /** There more than once. */
  twice: number
  /** There without an acknowledgement: the answer was lost, or the time was up. */
  unacknowledged: number
  issues: number
  /** Sums that should equal `stored` and do not. Empty: all do. */
  wrongSums: Record<string, number>
}

const CHUNK = 20_000

export async function prove(
  pool: pg.Pool,
  projectId: number,
  run: string,
  acknowledged: Uint32Array,
): Promise<Proof> {
  const client = await pool.connect()
  try {
    await client.query('create temp table if not exists acknowledged (event_id uuid primary key)')
    await client.query('truncate acknowledged')
    for (let i = 0; i < acknowledged.length; i += CHUNK) {
      const ids = Array.from(acknowledged.subarray(i, i + CHUNK), (number) => eventId(run, number))
      await client.query('insert into acknowledged select unnest($1::uuid[])', [ids])
    }
    await client.query('analyze acknowledged')
    const { rows } = await client.query<Record<string, string>>(
      `with stored as materialized (
         select event_id, count(*) as times from event where project_id = $1 group by event_id
       )
       select (select count(*) from event where project_id = $1) as stored,
              (select count(*) from acknowledged a where not exists (select from stored s where s.event_id = a.event_id)) as lost,
              (select count(*) from stored where times > 1) as twice,
              (select count(*) from stored s where not exists (select from acknowledged a where a.event_id = s.event_id)) as unacknowledged,
              (select count(*) from issue where project_id = $1) as issues,
              (select coalesce(sum(event_count), 0) from issue where project_id = $1) as "issue.event_count",
              (select coalesce(sum(event_count), 0) from group_total where project_id = $1) as "group_total.event_count",
              (select coalesce(sum(stored_count), 0) from group_total where project_id = $1) as "group_total.stored_count",
              (select coalesce(sum(n), 0) from rollup_project_minute where project_id = $1) as rollup_project_minute,
              (select coalesce(sum(n), 0) from rollup_project_quarter where project_id = $1) as rollup_project_quarter,
              (select coalesce(sum(n), 0) from rollup_group_hour where project_id = $1) as rollup_group_hour,
              (select coalesce(sum(n), 0) from rollup_value_hour where project_id = $1 and kind = 'environment') as rollup_value_hour,
              (select coalesce(sum(events), 0) from stored_day where project_id = $1) as stored_day,
              (select coalesce(sum(events), 0) from stored_group where project_id = $1) as stored_group,
              (select coalesce(sum(n), 0) from outcome_minute where project_id = $1 and outcome = 0) as outcome_minute`,
      [projectId],
    )
    const { stored, lost, twice, unacknowledged, issues, ...sums } = Object.fromEntries(
      Object.entries(rows[0]!).map(([name, value]) => [name, Number(value)]),
    ) as Omit<Proof, 'wrongSums'> & Record<string, number>
    return {
      ...{ stored, lost, twice, unacknowledged, issues },
      wrongSums: Object.fromEntries(Object.entries(sums).filter(([, sum]) => sum !== stored)),
    }
  } finally {
    client.release()
  }
}
