// Removing for good, on a real PostgreSQL: everything of what was deleted, nothing of what was not, whatever happens to
// the process in between.
import { randomUUID } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { deleteOrg } from '#server/domain/erasing/delete-org.ts'
import { deleteProject } from '#server/domain/erasing/delete-project.ts'
import { eraseGroups } from '#server/domain/erasing/erase-groups.ts'
import { findMembership, findProjectMembership } from '#server/domain/orgs/find-membership.ts'
import { createOrg, orgsOf } from '#server/domain/orgs/orgs.ts'
import { createProject, pageProjects } from '#server/domain/projects/projects.ts'
import { createKeyCache } from '#server/domain/projects/key-cache.ts'
import { setConfig } from '#server/domain/settings.ts'
import type { Encoded } from '#server/pipeline/event-states.ts'
import { createIntake } from '#server/pipeline/intake.ts'
import { createOutcomeTally } from '#server/pipeline/outcome.ts'
import { writeBatch } from '#server/pipeline/stages/write.ts'
import { createValueCaps } from '#server/pipeline/value-caps.ts'
import { eraser, type EraserOptions } from '#server/processes/eraser.ts'
import { folder } from '#server/processes/folder.ts'
import { ensurePartitions } from '#server/processes/partition-keeper.ts'
import { replayer } from '#server/processes/replayer.ts'
import { spoolKeeper } from '#server/processes/spooler.ts'
import { supervise, type SupervisionHandle } from '#server/runtime/supervisor.ts'
import { toRecord } from '#server/spool/event-record.ts'
import { createSpool } from '#server/spool/spool.ts'
import { insertClientReports } from '#server/storage/client-reports/insert-client-reports.ts'
import { createPool, openDatabase, setDatabase, type Database } from '#server/storage/database.ts'
import { foldEvents } from '#server/storage/deltas/fold-events.ts'
import { foldOutcomes } from '#server/storage/deltas/fold-outcomes.ts'
import { insertOutcomes } from '#server/storage/deltas/insert-outcomes.ts'
import { leaseQuota } from '#server/storage/rate-windows/lease-quota.ts'
import { admitValues } from '#server/storage/values/admit-values.ts'
import { parseConfig } from '#shared/schemas/config.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { encodedEvent } from '../../support/encoded.ts'
import { storeUser } from '../../support/stored.ts'
import { until } from '../../support/until.ts'

const DAY_MS = 86_400_000
const BATCH = 500

let testDatabase: TestDatabase
let database: Database
/** The eraser's own, so that its connection can be told from the others and cut. */
let erasers: pg.Pool
let owner: string
const running = new Set<SupervisionHandle>()

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  database = openDatabase(testDatabase.url)
  setDatabase(database)
  const parsed = parseConfig({ MESHER_SECRET: 'a-secret-for-tests-only-0123456789abcdef' })
  if (!parsed.ok) throw new Error(parsed.problems.join())
  setConfig(parsed.config)
  erasers = createPool(testDatabase.url, { name: 'eraser', max: 2, statementTimeoutMs: 30_000 })
  owner = await storeUser(database.read)
  await ensurePartitions({ pool: database.write, now: () => Date.now() })
})
afterEach(async () => {
  for (const supervision of running) await supervision.stop()
  running.clear()
})
afterAll(async () => {
  setConfig(undefined)
  setDatabase(undefined)
  await erasers?.end()
  await database?.close()
  await testDatabase?.drop()
})

/** With a folder beside it, as on a node. */
function startEraser(options: Partial<EraserOptions> = {}): SupervisionHandle {
  const now = () => performance.now()
  const supervision = supervise({
    id: 'books',
    strategy: 'one_for_one',
    maxRestarts: 20,
    withinMs: 60_000,
    backoff: { initialMs: 10, maxMs: 100, factor: 2, jitter: 0 },
    children: [
      folder({ db: database.write, now, takeTouched: () => [], folded: () => {} }),
      eraser({
        pool: erasers,
        now,
        log: () => {},
        options: { graceSeconds: 0, idleMs: 25, ...options },
      }),
    ],
  })
  running.add(supervision)
  return supervision
}
const eraserOf = (supervision: SupervisionHandle) =>
  supervision.state().children.find(({ id }) => id === 'eraser')!

async function makeProject(orgName = `Org ${randomUUID()}`) {
  const { slug } = await createOrg(owner, { name: orgName, slug: `o-${randomUUID().slice(0, 8)}` })
  const { org } = (await findMembership(owner, slug))!
  const made = await createProject(owner, org, { name: 'Web', platform: 'node' })
  return (await findProjectMembership(owner, made.id))!
}
type Where = Awaited<ReturnType<typeof makeProject>>

const caps = createValueCaps((values) => admitValues(database.write, values))
async function write(events: readonly Encoded[]) {
  await caps.apply(events)
  return writeBatch(database.write, events)
}

/** Spread over 20 issues, three weeks, users, environments and releases. */
async function fill({ project }: Where, events: number): Promise<void> {
  for (let written = 0; written < events; written += BATCH) {
    const receivedAt = Date.now() - ((written / BATCH) % 3) * 7 * DAY_MS
    await write(
      Array.from({ length: Math.min(BATCH, events - written) }, (_, i) =>
        encodedEvent({
          projectId: project.id,
          receivedAt,
          message: `broken in ${'abcdefghijklmnopqrst'[i % 20]}`,
          user: `user-${i % 50}`,
          payload: { environment: `env-${i % 3}`, release: `r-${i % 5}` },
        }),
      ),
    )
  }
}

async function fold(projectId: number): Promise<void> {
  while ((await foldEvents(database.write, projectId, 0, 20_000)).rows > 0);
  while ((await foldOutcomes(database.write, projectId, 0, 20_000)).rows > 0);
}

/** Rows by table, of every table that says of which project a row is; the record of the removal is meant to stay. */
async function rowsOf(projectId: number): Promise<Record<string, number>> {
  const { rows: tables } = await database.read.query<{ name: string; column: string }>(
    `select c.table_name as name, 'project_id' as column from information_schema.columns c
       join information_schema.tables t using (table_schema, table_name)
      where c.table_schema = 'public' and c.column_name = 'project_id' and c.table_name <> 'erasure'
        and t.table_type = 'BASE TABLE' and not (select relispartition from pg_class where oid = c.table_name::regclass)
     union all select 'project', 'id' order by 1`,
  )
  expect(tables.length).toBeGreaterThan(20)
  const counts: Record<string, number> = {}
  for (const { name, column } of tables) {
    const { rows } = await database.read.query<{ n: number }>(
      `select count(*) as n from "${name}" where "${column}" = $1`,
      [projectId],
    )
    if (rows[0]!.n > 0) counts[name] = rows[0]!.n
  }
  return counts
}

async function erasure(id: string) {
  const { rows } = await database.read.query<{ events: number; erased: number; finished: boolean }>(
    `select events, erased, finished_at is not null as finished from erasure where id = $1`,
    [id],
  )
  return rows[0]!
}
async function sumsOf(projectId: number) {
  const { rows } = await database.read.query<Record<string, number>>(
    `select (select count(*) from event where project_id = $1) as events,
            (select coalesce(sum(event_count), 0) from group_total where project_id = $1) as counted,
            (select coalesce(sum(stored_count), 0) from group_total where project_id = $1) as stored,
            (select coalesce(sum(stored_bytes), 0) from group_total where project_id = $1) as bytes,
            (select coalesce(sum(events), 0) from stored_day where project_id = $1) as rolled,
            (select coalesce(sum(bytes), 0) from stored_day where project_id = $1) as rolled_bytes,
            (select coalesce(sum(n), 0) from rollup_group_hour where project_id = $1) as hours,
            (select coalesce(sum(event_count), 0) from issue where project_id = $1) as issues,
            (select coalesce(sum(octet_length(payload)), 0) from event where project_id = $1) as payload`,
    [projectId],
  )
  return rows[0]!
}

it('ORG-01: a deleted project goes whole, while another one takes events and the process is killed', async () => {
  const doomed = await makeProject()
  const kept = await makeProject()
  await fill(doomed, 10_000)
  await fill(kept, 10_000)
  const { id: projectId } = doomed.project
  // What else there is of a project.
  await insertClientReports(database.write, [
    { projectId, at: Date.now(), reason: 'sample_rate', category: 'error', n: 3 },
  ])
  await insertOutcomes(database.write, [{ projectId, at: Date.now(), outcome: 'invalid', n: 2 }])
  await leaseQuota(database.write, Math.floor(Date.now() / 60_000) * 60_000, [
    { projectId, keyId: 0, want: 5, quota: 100 },
  ])
  await database.write.query(
    `with o as (insert into issue_operation (project_id, id, action) values ($1, gen_random_uuid(), 'resolve') returning id)
     insert into issue_operation_row (project_id, operation_id, issue_id, before, version_after)
     select $1, o.id, i.issue_id, '{}', 2 from o, (select issue_id from issue where project_id = $1 limit 5) i`,
    [projectId],
  )
  await database.write.query(
    `insert into receipt (project_id, event_id, received_at)
     select project_id, event_id, received_at from event where project_id = $1 limit 100`,
    [projectId],
  )
  await fold(projectId)
  await fold(kept.project.id)
  expect(Object.keys(await rowsOf(projectId))).toEqual(
    expect.arrayContaining([
      ...[
        'client_report_minute',
        'event',
        'event_group',
        'group_total',
        'group_user',
        'issue',
        'issue_activity',
      ],
      ...['issue_operation', 'issue_operation_row', 'outbox', 'outcome_minute', 'project', 'project_key'],
      ...[
        'rate_window',
        'receipt',
        'stored_day',
        'stored_group',
        'rollup_group_hour',
        'rollup_project_minute',
      ],
      ...['rollup_project_quarter', 'rollup_value_hour', 'seen_value'],
    ]),
  )

  const keys = createKeyCache(database.write)
  const { rows } = await database.read.query<{ public_key: string }>(
    `select public_key from project_key where project_id = $1`,
    [projectId],
  )
  const publicKey = rows[0]!.public_key
  expect(await keys.find(publicKey)).not.toBeNull()

  const { erasureId } = await deleteProject(owner, doomed, { confirm: doomed.project.slug })
  expect(await erasure(erasureId)).toEqual({ events: 10_000, erased: 0, finished: false })
  // At once, long before its rows are gone.
  expect(await findProjectMembership(owner, String(projectId))).toBeNull()
  expect((await pageProjects(doomed.org, { limit: 10 })).data).toEqual([])
  await keys.refresh()
  expect(await keys.find(publicKey)).toBeNull()
  const again = await createProject(owner, doomed.org, { name: 'Web', platform: 'node' })
  expect(again.slug).toBe(doomed.project.slug)

  let ingesting = true
  let ingested = 0
  const ingest = (async () => {
    while (ingesting) {
      const batch = Array.from({ length: 50 }, () => encodedEvent({ projectId: kept.project.id }))
      ingested += (await write(batch)).filter(({ outcome }) => outcome === 'stored').length
    }
  })()
  // A writer that had events of it in its hands all the while.
  const late = (async () => {
    while (ingesting) await write([encodedEvent({ projectId, message: `late ${randomUUID()}` })])
  })()
  try {
    const first = startEraser({ events: 400, rows: 400 })
    await until(async () => (await erasure(erasureId)).erased >= 800, 30_000)
    // As kill -9 of the node looks from here: the connection ends in the middle of whatever it does.
    let cut = 0
    await until(async () => {
      const { rowCount } = await database.read.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
          where application_name = 'mesher eraser' and datname = current_database() and state <> 'idle'`,
      )
      cut += rowCount ?? 0
      return cut > 0 && eraserOf(first).restarts > 0
    }, 30_000)
    await until(async () => (await erasure(erasureId)).erased >= 4_000, 30_000)
    await first.stop()
    running.delete(first)
    const { erased, finished } = await erasure(erasureId)
    expect(finished).toBe(false)
    expect(10_000 - erased).toBeLessThanOrEqual(await countEvents(projectId))
    // Two nodes at once from here.
    startEraser({ events: 400, rows: 400 })
    startEraser({ events: 400, rows: 400 })
    await until(async () => (await erasure(erasureId)).finished, 60_000)
  } finally {
    ingesting = false
    await Promise.all([ingest, late])
  }
  expect(await rowsOf(projectId)).toEqual({})
  expect((await erasure(erasureId)).erased).toBeGreaterThanOrEqual(10_000)

  expect(ingested).toBeGreaterThan(0)
  await fold(kept.project.id)
  const sums = await sumsOf(kept.project.id)
  const all = 10_000 + ingested
  expect(sums).toMatchObject({ events: all, counted: all, stored: all, rolled: all, hours: all, issues: all })
  expect(sums.bytes).toBe(sums.payload)
  expect(sums.rolled_bytes).toBe(sums.payload)
}, 180_000)

async function countEvents(projectId: number): Promise<number> {
  return (await sumsOf(projectId)).events!
}

it('ORG-01: what a spool keeps of a project that is gone is settled, and leaves nothing', async () => {
  const doomed = await makeProject()
  const kept = await makeProject()
  const { id: projectId } = doomed.project
  const { erasureId } = await deleteProject(owner, doomed, { confirm: doomed.project.slug })
  startEraser()
  await until(async () => (await erasure(erasureId)).finished, 20_000)
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'mesher-erased-'))
  const spool = createSpool({ root: path.join(directory, 'spool'), maxBytes: 1e9, log: () => {} })
  const tally = createOutcomeTally()
  const said: string[] = []
  const verdicts: string[] = []
  const line = supervise({
    id: 'line',
    strategy: 'one_for_one',
    maxRestarts: 3,
    withinMs: 60_000,
    backoff: { initialMs: 10, maxMs: 100, factor: 2, jitter: 0 },
    children: [
      spoolKeeper(spool),
      replayer({
        intake: createIntake(),
        spool,
        tally,
        write: async (batch) => {
          const written = await write(batch)
          verdicts.push(...written.map(({ outcome }) => outcome))
          return written
        },
        ensurePartitions: async () => {},
        answers: async () => true,
        now: () => Date.now(),
        log: ({ message }) => said.push(message),
      }),
    ],
  })
  running.add(line)
  await line.started
  const event = (id: number) => encodedEvent({ projectId: id, payload: { environment: 'spooled' } })
  const batch = [event(projectId), event(kept.project.id), event(projectId)]
  await spool.append(batch.map(toRecord))
  await until(() => spool.state().events === 0, 10_000)
  expect(said).toEqual([])
  expect(verdicts.sort()).toEqual(['discarded', 'discarded', 'stored'])
  expect(tally.take()).toEqual([])
  // What a door counted before it forgot the key.
  await insertOutcomes(database.write, [{ projectId, at: Date.now(), outcome: 'unauthorized', n: 1 }])
  expect(await rowsOf(projectId)).toEqual({})
  expect(await countEvents(kept.project.id)).toBe(1)
  await line.stop()
  running.delete(line)
  fs.rmSync(directory, { recursive: true })
}, 60_000)

it('ORG-01: a deleted organisation goes with all its projects, and its short name is free at once', async () => {
  const { org, project } = await makeProject()
  const other = await createProject(owner, org, { name: 'Api', platform: 'node' })
  await fill({ org, project }, 1_000)
  const { erasureId } = await deleteOrg(owner, org, { confirm: org.slug })
  expect(await findMembership(owner, org.slug)).toBeNull()
  expect((await orgsOf(owner)).map(({ slug }) => slug)).not.toContain(org.slug)
  expect((await createOrg(owner, { name: 'Again', slug: org.slug })).slug).toBe(org.slug)
  // Made by somebody who had not heard of it yet.
  const late = await database.write.query<{ id: number }>(
    `insert into project (organization_id, slug, name, platform) values ($1, 'late', 'Late', 'node') returning id`,
    [org.id],
  )
  startEraser()
  await until(async () => (await erasure(erasureId)).finished, 30_000)
  for (const id of [project.id, Number(other.id), late.rows[0]!.id]) expect(await rowsOf(id)).toEqual({})
  const { rows } = await database.read.query(
    `select 1 from organization where id = $1 union all select 1 from member where organization_id = $1
     union all select 1 from audit_log where organization_id = $1`,
    [org.id],
  )
  expect(rows).toEqual([])
}, 60_000)

it('ORG-01: of a group that is gone everything goes, of a discarded one its events; storage figures stay true', async () => {
  const where = await makeProject()
  const { id: projectId } = where.project
  await fill(where, 3_000)
  const { rows: groups } = await database.write.query<{ group_id: number; issue_id: number }>(
    `select group_id, issue_id from event_group where project_id = $1 order by group_id limit 2`,
    [projectId],
  )
  const [gone, discarded] = groups as [(typeof groups)[0], (typeof groups)[0]]
  await database.write.query(`delete from event_group where project_id = $1 and group_id = $2`, [
    projectId,
    gone.group_id,
  ])
  await database.write.query(`delete from issue where project_id = $1 and issue_id = $2`, [
    projectId,
    gone.issue_id,
  ])
  await database.write.query(
    `update event_group set discarded_at = now() where project_id = $1 and group_id = $2`,
    [projectId, discarded.group_id],
  )
  // Nothing was folded yet: what is erased meanwhile must come off all the same.
  await eraseGroups(database.write, {
    organizationId: where.org.id,
    projectId,
    groupIds: [gone.group_id, discarded.group_id],
    label: 'broken in a',
    actorId: owner,
  })
  startEraser({ events: 40 })
  const open = async () =>
    (
      await database.read.query<{ n: number }>(
        `select count(*) as n from erasure where project_id = $1 and finished_at is null`,
        [projectId],
      )
    ).rows[0]!.n
  await until(async () => (await open()) === 0, 30_000)
  const left = await database.read.query<{ group_id: number; events: number; users: number; hours: number }>(
    `select g as group_id, (select count(*) from event where project_id = $1 and group_id = g) as events,
            (select count(*) from group_user where project_id = $1 and group_id = g) as users,
            (select count(*) from rollup_group_hour where project_id = $1 and group_id = g) as hours
       from unnest($2::bigint[]) as g order by g`,
    [projectId, [gone.group_id, discarded.group_id]],
  )
  expect(left.rows[0]).toMatchObject({ events: 0, users: 0, hours: 0 })
  expect(left.rows[1]).toMatchObject({ events: 0 })
  expect(left.rows[1]!.users).toBeGreaterThan(0)
  const totals = await database.read.query(
    `select event_count, stored_count, stored_bytes from group_total where project_id = $1 and group_id = any($2::bigint[])`,
    [projectId, [gone.group_id, discarded.group_id]],
  )
  expect(totals.rows).toEqual([{ event_count: 150, stored_count: 0, stored_bytes: 0 }])
  const sums = await sumsOf(projectId)
  expect(sums).toMatchObject({ events: 2_700, stored: 2_700, rolled: 2_700, counted: 2_850 })
  expect(sums.bytes).toBe(sums.payload)
  expect(sums.rolled_bytes).toBe(sums.payload)
}, 60_000)
