// Retention on a real PostgreSQL with a clock of our own: 120 days of events through the line's writer, the folder, the
// partition keeper and everything that removes, and after each week exactly the rows that the rule says.
import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expiriesOf } from '#server/domain/retention/expiry.ts'
import { inForce, keptSince, setRetention } from '#server/domain/retention/change-retention.ts'
import { createKeyCache } from '#server/domain/projects/key-cache.ts'
import type { Encoded } from '#server/pipeline/event-states.ts'
import { writeBatch } from '#server/pipeline/stages/write.ts'
import { daysAhead, ensurePartitions, partitionKeeper } from '#server/processes/partition-keeper.ts'
import { removePartitions } from '#server/processes/partition-remover.ts'
import { retentionSweeper, sweepAll } from '#server/processes/retention-sweeper.ts'
import { keepRollups } from '#server/processes/rollup-keeper.ts'
import { supervise } from '#server/runtime/supervisor.ts'
import { createPool, withTransaction } from '#server/storage/database.ts'
import { foldEvents } from '#server/storage/deltas/fold-events.ts'
import { foldOutcomes } from '#server/storage/deltas/fold-outcomes.ts'
import { listEvents } from '#server/storage/events/list-events.ts'
import { listPartitions } from '#server/storage/partitions/partitions.ts'
import { findRetention, lockRetention } from '#server/storage/retention/periods.ts'
import { findSweep } from '#server/storage/retention/sweeps.ts'
import { listStoredDays } from '#server/storage/storage-books/list-stored.ts'
import { deleteExpired } from '#server/storage/system/delete-expired.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { encodedEvent } from '../../support/encoded.ts'
import { foldAll } from '../../support/fold.ts'
import { insertProject, type TestProject } from '../../support/project.ts'
import { until } from '../../support/until.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const never = new AbortController().signal

/** Every test a database: each has a clock of its own. */
async function open(): Promise<{ database: TestDatabase; pool: pg.Pool }> {
  const database = await createTestDatabase()
  const pool = createPool(database.url, {
    ...{ name: 'test', max: 6, statementTimeoutMs: 30_000, probesOnly: true },
  })
  return { database, pool }
}
const close = async ({ database, pool }: { database: TestDatabase; pool: pg.Pool }) => {
  await pool.end()
  await database.drop()
}
const isoDay = (at: number) => new Date(at).toISOString().slice(0, 10)

// ── The rule once more, day by day and in the plainest words ─────────────────────────────────────────────────────
function firstMondayFrom(at: number): number {
  let day = Math.floor(at / DAY_MS) * DAY_MS
  while (new Date(day).getUTCDay() !== 1) day += DAY_MS
  return day
}
interface Sent {
  id: string
  receivedAt: number
  bytes: number
  /** The week it was given when it came, and what a change made of it; midnights. */
  week: number
  end: number
  user: string
}

describe('120 days of three projects', () => {
  // A Thursday, so that nothing falls on the edge of a week by chance.
  const start = Date.UTC(2026, 0, 1)
  /** Day of the walk on which somebody changes a setting: it counts from the next. */
  const plan = [
    { name: 'up', days: 30, changes: [{ on: 41, days: 90 }] },
    { name: 'steady', days: 60, changes: [] },
    {
      name: 'down',
      days: 90,
      changes: [
        { on: 64, days: 30 },
        { on: 99, days: 60 },
      ],
    },
  ]
  let at = start
  const now = () => at
  let opened: Awaited<ReturnType<typeof open>>
  let pool: pg.Pool
  const projects: (TestProject & {
    plan: (typeof plan)[number]
    sent: Sent[]
    pending: { from: number; days: number }[]
  })[] = []

  beforeAll(async () => {
    opened = await open()
    ;({ pool } = opened)
    for (const of of plan)
      projects.push({
        ...(await insertProject(pool, { retentionDays: of.days })),
        ...{ plan: of, sent: [], pending: [] },
      })
  })
  afterAll(() => close(opened))

  /** What a node's processes do in the night; the whole of it in those before a look. */
  async function night(whole = true): Promise<void> {
    const log = (line: object) => expect(line).toBeUndefined()
    await ensurePartitions({ pool, now })
    if (whole) expect(await daysAhead({ pool, now })).toBe(14)
    await sweepAll({ pool, now, log, options: { events: 20, rows: 50 } }, never)
    expect(await removePartitions({ pool, now, log })).toBe(true)
    if (whole) await keepRollups({ pool, now, log }, never)
    while ((await deleteExpired(pool, at)) > 0);
  }

  async function day(number: number): Promise<void> {
    const keys = createKeyCache(pool)
    const batch: Encoded[] = []
    for (const project of projects) {
      for (const { on, days } of project.plan.changes)
        if (on === number) {
          const row = (await findRetention(pool, project.projectId))!
          await setRetention(pool, { projectId: project.projectId, row, days, now: new Date(at) })
          project.pending.push({ from: start + (number + 1) * DAY_MS, days })
        }
      for (const change of project.pending.filter(({ from }) => from === start + number * DAY_MS))
        for (const event of project.sent)
          event.end = Math.min(event.end, firstMondayFrom(event.receivedAt + change.days * DAY_MS))
      const days = project.pending.findLast(({ from }) => from <= at)?.days ?? project.plan.days
      const known = (await keys.find(project.key))!.project
      for (const [i, minutes] of [1, 700, 1_400].entries()) {
        const receivedAt = start + number * DAY_MS + minutes * MINUTE_MS
        const user = `user-${number % 100}`
        const event = encodedEvent({
          ...{
            projectId: project.projectId,
            message: i === 0 ? 'often' : `cause ${number % 3}x`,
            receivedAt,
            user,
          },
          retentionDays: known.retentionDays,
          retentionBefore: known.retentionBefore,
        })
        const week = firstMondayFrom(receivedAt + days * DAY_MS)
        project.sent.push({
          ...{ id: event.eventId, receivedAt, user, week, end: week },
          bytes: event.row.payload.length,
        })
        batch.push(event)
      }
    }
    expect((await writeBatch(pool, batch)).every(({ outcome }) => outcome === 'stored')).toBe(true)
    await Promise.all(
      projects.map(async ({ projectId }) => {
        await foldEvents(pool, projectId, 0, 1_000)
        await foldOutcomes(pool, projectId, 0, 1_000)
      }),
    )
  }

  async function check(): Promise<void> {
    const today = isoDay(at)
    for (const { projectId, sent, plan: of } of projects) {
      const where = `${of.name} on ${today}`
      const seen = sent.filter(({ end }) => end > at)
      // A week is dropped on its Tuesday; what a change cut short is removed at once.
      const there = sent.filter(({ end, week }) => (end === week ? week + DAY_MS > at : end > at))
      const ids = (list: readonly Sent[]) => list.map(({ id }) => id).sort()
      const visible = await listEvents(
        pool,
        {
          projectId,
          expiries: expiriesOf({ since: null, until: null }, new Date(at)),
          ...{ since: null, until: null, level: null, environment: null },
        },
        { from: null, upwards: false, limit: 1_000 },
      )
      expect(ids(visible as unknown as Sent[]), `${where}: seen`).toEqual(ids(seen))
      const stored = await pool.query<{ id: string }>(
        `select replace(event_id::text, '-', '') as id from event where project_id = $1`,
        [projectId],
      )
      expect(stored.rows.map(({ id }) => id).sort(), `${where}: stored`).toEqual(ids(there))

      const row = (await findRetention(pool, projectId))!
      const books = await listStoredDays(pool, { projectId, today, since: keptSince(row, today) })
      const total = (list: readonly { events: number; bytes: number }[]) => ({
        events: list.reduce((sum, { events }) => sum + events, 0),
        bytes: list.reduce((sum, { bytes }) => sum + bytes, 0),
      })
      const expected = total(seen.map(({ bytes }) => ({ events: 1, bytes })))
      expect(total(books), `${where}: books by day`).toEqual(expected)
      const { rows } = await pool.query(
        `select (select coalesce(sum(stored_count), 0) from group_total where project_id = $1) as group_events,
                (select coalesce(sum(stored_bytes), 0) from group_total where project_id = $1) as group_bytes,
                (select coalesce(sum(events), 0) from stored_group where project_id = $1) as week_events,
                (select coalesce(sum(event_count), 0) from issue where project_id = $1) as issues,
                (select coalesce(sum(n), 0) from rollup_project_quarter where project_id = $1) as quarters,
                (select coalesce(sum(n), 0) from rollup_group_hour where project_id = $1) as hours,
                (select coalesce(sum(n), 0) from rollup_value_hour where project_id = $1 and kind = 'environment') as "values",
                (select coalesce(sum(n), 0) from outcome_minute where project_id = $1) as outcomes,
                (select min(bucket) from rollup_project_minute where project_id = $1) as minute,
                (select count(*) from receipt where project_id = $1 and received_at < $2::timestamptz - interval '3 days') as receipts,
                (select array_agg(distinct encode(user_hash, 'hex')) from group_user where project_id = $1) as users,
                (select user_count from issue where project_id = $1 and title like 'often%') as often_users`,
        [projectId, new Date(at)],
      )
      const { minute, users, often_users: oftenUsers, ...sums } = rows[0]
      expect(sums, where).toEqual({
        ...{ group_events: expected.events, group_bytes: expected.bytes, week_events: expected.events },
        ...{ issues: sent.length, quarters: sent.length, hours: sent.length, values: sent.length },
        ...{ outcomes: sent.length, receipts: 0 },
      })
      expect(minute.getTime(), where).toBeGreaterThanOrEqual(at - 3 * DAY_MS)
      const seenLately = new Set(
        sent
          .filter(({ receivedAt }) => isoDay(receivedAt) >= isoDay(at - 90 * DAY_MS))
          .map(({ user }) => user),
      )
      expect(users.length, `${where}: users`).toBe(seenLately.size)
      // Who comes back after their row went is counted anew: day 100 is user-0 again.
      expect(oftenUsers, where).toBe(sent.length / 3)
    }
  }

  it('RETAIN-01, RETAIN-02: after each week exactly the rows that the rule says, with counts and summaries kept', async () => {
    for (let number = 0; number < 120; number++) {
      at = start + number * DAY_MS
      // Every weekday has its turn.
      const looks = number % 5 === 4
      await night(looks)
      at += 23.5 * 60 * MINUTE_MS
      await day(number)
      if (looks) await check()
    }
    await check()
    // Half a year in which nothing comes: then nothing is left but what is kept.
    for (let weeks = 0; weeks < 20; weeks++) {
      at += 7 * DAY_MS
      await night()
    }
    const { rows } = await pool.query(
      `select (select count(*) from event) as events, (select count(*) from stored_day) as days,
              (select count(*) from stored_group) as groups, (select sum(stored_count) from group_total) as stored,
              (select count(*) from group_user) as users, (select sum(event_count) from issue) as issues,
              (select count(*) from rollup_project_minute) as minutes`,
    )
    expect(rows[0]).toEqual({
      events: 0,
      days: 0,
      groups: 0,
      stored: 0,
      users: 0,
      issues: 3 * 360,
      minutes: 0,
    })
    const attached = [...(await listPartitions(pool, 'event'))].sort()
    expect(attached.every((name) => name > `event_${isoDay(at - 2 * DAY_MS).replaceAll('-', '')}`)).toBe(true)

    // 13 months on, counts are by the day and add up to the same.
    const sums = async () =>
      (
        await pool.query(
          `select (select sum(n) from rollup_project_quarter) as quarters, (select sum(n) from rollup_group_hour) as hours,
                  (select sum(n) from rollup_value_hour) as "values", (select sum(n) from outcome_minute) as outcomes,
                  (select count(*) from rollup_project_quarter where bucket <> date_trunc('day', bucket, 'UTC')) as fine_quarters,
                  (select count(*) from rollup_group_hour where bucket <> date_trunc('day', bucket, 'UTC')) as fine_hours,
                  (select count(*) from outcome_minute where extract(minute from minute) not in (0, 15, 30, 45)) as fine_outcomes`,
        )
      ).rows[0]
    const before = await sums()
    expect(before).toMatchObject({
      quarters: 1_080,
      hours: 1_080,
      values: 1_080,
      outcomes: 1_080,
      fine_outcomes: 0,
    })
    expect(before.fine_quarters).toBeGreaterThan(0)
    at = start + 600 * DAY_MS
    await night()
    expect(await sums()).toEqual({ ...before, fine_quarters: 0, fine_hours: 0 })
  }, 180_000)
})

describe('beside others', () => {
  let opened: Awaited<ReturnType<typeof open>>
  let pool: pg.Pool
  const now = () => Date.now()
  beforeAll(async () => {
    opened = await open()
    ;({ pool } = opened)
    await ensurePartitions({ pool, now })
  })
  afterAll(() => close(opened))

  it('RETAIN-01: a week is dropped behind a long reader, and nothing that is sent waits for it', async () => {
    const { projectId } = await insertProject(pool, { retentionDays: 30 })
    const receivedAt = Date.now() - 15 * DAY_MS
    await writeBatch(pool, [encodedEvent({ projectId, receivedAt, retentionDays: 30 })])
    const [{ week }] = (
      await pool.query<{ week: string }>(`select expires_on::text as week from event where project_id = $1`, [
        projectId,
      ])
    ).rows as [{ week: string }]
    const name = `event_${week.replaceAll('-', '')}`
    // The Tuesday of that week: what was sent today is far from over.
    const then = () => Date.parse(week) + DAY_MS
    const said: string[] = []
    const remove = (lockTimeoutMs: number) =>
      removePartitions({ pool, now: then, lockTimeoutMs, log: ({ message }) => said.push(message) })

    const reader = await pool.connect()
    await reader.query('begin isolation level repeatable read')
    await reader.query('select count(*) from event')
    try {
      let done = false
      const removing = remove(5_000).finally(() => (done = true))
      // It waits for the reader …
      await until(async () => {
        const { rows } = await pool.query(
          `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
             and query ilike '%detach partition%'`,
        )
        return rows.length > 0
      }, 10_000)
      // … and nobody for it: what is sent meanwhile is stored, and read.
      const sent = Array.from({ length: 20 }, (_, i) =>
        encodedEvent({ projectId, message: `meanwhile ${'abcd'[i % 4]}`, retentionDays: 30 }),
      )
      for (const event of sent) expect((await writeBatch(pool, [event]))[0]!.outcome).toBe('stored')
      const { rows } = await pool.query(`select count(*) as n from event where project_id = $1`, [projectId])
      expect(rows[0].n).toBeGreaterThanOrEqual(20)
      expect(done).toBe(false)
      // It gives up rather than wait for ever, and comes back to the same.
      expect(await removing).toBe(false)
      expect(await remove(100)).toBe(false)
      expect(said.length).toBe(2)
      // The reader's own view is whole to its end.
      expect(
        (await reader.query(`select count(*) as n from event where project_id = $1`, [projectId])).rows[0].n,
      ).toBe(1)
    } finally {
      await reader.query('rollback')
      reader.release()
    }
    expect(await remove(5_000)).toBe(true)
    expect((await listPartitions(pool, 'event')).has(name)).toBe(false)
    const { rows } = await pool.query(`select to_regclass($1) as there`, [name])
    expect(rows[0].there).toBeNull()
    expect(await remove(100)).toBe(true)
  }, 30_000)

  it('INGEST-03: the same event before and after a change is stored once', async () => {
    const { projectId } = await insertProject(pool)
    const changes = Math.floor(Date.now() / DAY_MS) * DAY_MS
    for (const [was, is] of [
      [90, 30],
      [30, 60],
    ] as const)
      for (const [first, second] of [
        [-40, 1],
        [-20, 24],
        [0, 40],
        [-1, 0],
      ] as const) {
        const event = (hours: number) => ({
          ...{ projectId, eventId, receivedAt: changes + hours * 3_600_000 },
          ...{ retentionDays: is, retentionBefore: { days: was, until: changes } },
        })
        const eventId = randomUUID().replaceAll('-', '')
        const verdicts: string[] = []
        for (const hours of [first, second, second])
          verdicts.push((await writeBatch(pool, [encodedEvent(event(hours))]))[0]!.outcome)
        expect(verdicts, `${was} to ${is}, ${first} h and ${second} h`).toEqual([
          'stored',
          'duplicate',
          'duplicate',
        ])
      }
  })

  it('RETAIN-01: two nodes remove partitions at once, and each is gone once', async () => {
    const later = () => Date.now() + 60 * DAY_MS
    const said: string[] = []
    const remove = () => removePartitions({ pool, now: later, log: ({ message }) => said.push(message) })
    await Promise.all([remove(), remove()])
    expect(await remove()).toBe(true)
    expect(said).toEqual([])
    const over = isoDay(later() - DAY_MS).replaceAll('-', '')
    expect([...(await listPartitions(pool, 'event'))].filter((name) => name <= `event_${over}`)).toEqual([])
  })

  it('RETAIN-01: partitions that cannot be made two weeks ahead are an alarm until they are', async () => {
    const ahead: number[] = []
    const said: string[] = []
    let clock = Date.now() + 365 * DAY_MS
    const deps = {
      pool,
      now: () => clock,
      ahead: (days: number) => ahead.push(days),
      log: (line: { message: string }) => said.push(line.message),
    }
    await ensurePartitions(deps)
    expect(await daysAhead(deps)).toBe(14)
    clock += 10 * DAY_MS
    const blocker = await pool.connect()
    await blocker.query('begin')
    await blocker.query('lock table event in share update exclusive mode')
    const supervision = supervise({
      ...{ id: 'keepers', strategy: 'one_for_one', maxRestarts: 20, withinMs: 60_000 },
      backoff: { initialMs: 10, maxMs: 100, factor: 2, jitter: 0 },
      children: [partitionKeeper(deps)],
    })
    await until(() => ahead.length > 0, 20_000)
    expect(ahead[0]).toBeLessThan(14)
    expect(said[0]).toMatch(/not made far enough ahead/)
    await blocker.query('rollback')
    blocker.release()
    await until(() => ahead.at(-1) === 14, 20_000)
    await supervision.stop()
  }, 60_000)

  it('RETAIN-02: a removal that is broken off goes on where it was, and takes no more than its own', async () => {
    const short = await insertProject(pool, { retentionDays: 90 })
    const other = await insertProject(pool, { retentionDays: 90 })
    const today = Math.floor(Date.now() / DAY_MS) * DAY_MS
    for (const { projectId } of [short, other]) {
      const events = Array.from({ length: 600 }, (_, i) =>
        encodedEvent({
          projectId,
          message: `broken ${'abcdef'[i % 6]}`,
          receivedAt: today - (i % 60) * DAY_MS + 1,
        }),
      )
      await ensurePartitions({ pool, now: () => today - 60 * DAY_MS })
      await ensurePartitions({ pool, now: () => today - 30 * DAY_MS })
      await ensurePartitions({ pool, now })
      await writeBatch(pool, events)
      await foldAll(pool, projectId)
    }
    await withTransaction(pool, async (db) => {
      const row = (await lockRetention(db, short.projectId))!
      await setRetention(db, { projectId: short.projectId, row, days: 30, now: new Date() })
    })
    const row = (await findRetention(pool, short.projectId))!
    expect(inForce(row, isoDay(Date.now()))).toBe(90)
    const at = Date.parse(row.from!)
    const before = keptSince(row, row.from!)
    const count = async (projectId: number) =>
      (
        await pool.query<{ old: number; all: number }>(
          `select count(*) filter (where received_at < $2) as old, count(*) as all from event where project_id = $1`,
          [projectId, `${before}T00:00:00Z`],
        )
      ).rows[0]!
    const { old, all } = await count(short.projectId)
    expect(old).toBeGreaterThan(100)

    // Before its day nothing happens.
    const deps = { pool, log: () => {}, options: { events: 20, idleMs: 10 } }
    await sweepAll({ ...deps, now: () => at - 1 }, never)
    expect(await count(short.projectId)).toEqual({ old, all })

    // On it, everything is hidden at once, whatever is removed.
    const run = () =>
      supervise({
        ...{ id: 'books', strategy: 'one_for_one', maxRestarts: 50, withinMs: 60_000 },
        backoff: { initialMs: 1, maxMs: 10, factor: 2, jitter: 0 },
        children: [retentionSweeper({ ...deps, now: () => at })],
      })
    const first = run()
    await until(async () => ((await findSweep(pool, short.projectId))?.removed ?? 0) > 0, 10_000)
    expect((await findRetention(pool, short.projectId))!.retainedSince).toBe(before)
    for (let crashes = 0; crashes < 3; crashes++) {
      const { removed } = (await findSweep(pool, short.projectId))!
      first.crash('retention-sweeper', new Error('for the test'))
      await until(
        async () => (await findSweep(pool, short.projectId))!.removed > removed || removed >= old,
        10_000,
      )
    }
    // A second node takes turns with it.
    const second = run()
    await until(async () => (await findSweep(pool, short.projectId))!.finishedAt !== null, 20_000)
    await Promise.all([first.stop(), second.stop()])
    expect(await findSweep(pool, short.projectId)).toMatchObject({ before, events: old, removed: old })
    expect(await count(short.projectId)).toEqual({ old: 0, all: all - old })
    expect(await count(other.projectId)).toEqual({ old, all })
    const { rows } = await pool.query(
      `select (select sum(stored_count) from group_total where project_id = $1) as groups,
              (select sum(events) from stored_day where project_id = $1) as days,
              (select sum(bytes) from stored_group where project_id = $1) as bytes,
              (select sum(octet_length(payload)) from event where project_id = $1) as payloads,
              (select sum(event_count) from issue where project_id = $1) as issues`,
      [short.projectId],
    )
    expect(rows[0]).toMatchObject({ groups: all - old, days: all - old, issues: all })
    expect(rows[0].bytes).toBe(rows[0].payloads)
  }, 60_000)
})
