// The writing transaction against real PostgreSQL: idempotence, one new issue, one regression, exact folding.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { writeBatch } from '#server/pipeline/stages/write.ts'
import { createValueCaps, OTHER } from '#server/pipeline/value-caps.ts'
import { ensurePartitions } from '#server/processes/partition-keeper.ts'
import { foldEvents } from '#server/storage/deltas/fold-events.ts'
import { foldOutcomes } from '#server/storage/deltas/fold-outcomes.ts'
import { admitValues } from '#server/storage/values/admit-values.ts'
import { openDatabase, type Database } from '#server/storage/database.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { encodedEvent, newEventId } from '../../support/encoded.ts'
import { insertProject, type TestProject } from '../../support/project.ts'

const DAY = 86_400_000
let testDatabase: TestDatabase
let database: Database
let project: TestProject

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  database = openDatabase(testDatabase.url, { writeConnections: 12 })
  await ensurePartitions({ pool: database.write, now: Date.now })
})
afterAll(async () => {
  await database?.close()
  await testDatabase?.drop()
})
beforeEach(async () => {
  project = await insertProject(database.write)
})

const one = async <Row extends object>(text: string, ...values: unknown[]) =>
  (await database.write.query<Row & Record<string, unknown>>(text, values)).rows[0]!
const countOf = async (table: string) =>
  (await one<{ n: number }>(`select count(*) as n from ${table} where project_id = $1`, project.projectId)).n
const foldAll = async () => {
  while ((await foldEvents(database.write, project.projectId, 0, 1_000)).rows > 0);
  while ((await foldOutcomes(database.write, project.projectId, 0, 1_000)).rows > 0);
}
const issueTotals = () =>
  one<{ events: number; users: number; issues: number }>(
    `select coalesce(sum(event_count), 0) as events, coalesce(sum(user_count), 0) as users, count(*) as issues
     from issue where project_id = $1`,
    project.projectId,
  )
const event = (options: Partial<Parameters<typeof encodedEvent>[0]> = {}) =>
  encodedEvent({ projectId: project.projectId, ...options })

describe('idempotence', () => {
  it('INGEST-03: the same event again, in one batch and in later ones, is stored and counted once', async () => {
    const eventId = newEventId()
    const first = await writeBatch(database.write, [event({ eventId }), event({ eventId }), event()])
    expect(first.map((v) => v.outcome)).toEqual(['stored', 'duplicate', 'stored'])
    const again = await writeBatch(database.write, [event({ eventId })])
    expect(again).toEqual([{ outcome: 'duplicate' }])
    await foldAll()
    expect(await countOf('event')).toBe(2)
    expect((await issueTotals()).events).toBe(2)
    const outcomes = await database.write.query(
      `select outcome, sum(n) as n from outcome_minute where project_id = $1 group by 1 order by 1`,
      [project.projectId],
    )
    expect(outcomes.rows).toEqual([
      { outcome: 0, n: 2 },
      { outcome: 3, n: 2 },
    ])
  })

  it('INGEST-03: sixteen deliveries of one event at once leave one row', async () => {
    const eventId = newEventId()
    const verdicts = await Promise.all(
      Array.from({ length: 16 }, () => writeBatch(database.write, [event({ eventId }), event()])),
    )
    expect(verdicts.filter(([v]) => v!.outcome === 'stored')).toHaveLength(1)
    await foldAll()
    expect((await issueTotals()).events).toBe(17)
  })

  it('INGEST-03: a retry after the turn of the week, when the event would get another expiry, is still the same', async () => {
    // The first instant of a UTC day on which received + 90 days passes a Monday.
    const turn = turnOfWeekNear(Date.now())
    const eventId = newEventId()
    const before = event({ eventId, receivedAt: turn - 3_600_000 })
    const after = event({ eventId, receivedAt: turn + 3_600_000 })
    expect(before.stamp.expiresOn).not.toBe(after.stamp.expiresOn)
    expect(await writeBatch(database.write, [before])).toEqual([{ outcome: 'stored' }])
    expect(await writeBatch(database.write, [after])).toEqual([{ outcome: 'duplicate' }])
  })

  it('INGEST-03: deliveries in flight on both sides of the turn are one', async () => {
    const turn = turnOfWeekNear(Date.now())
    const ids = Array.from({ length: 20 }, newEventId)
    const verdicts = await Promise.all(
      [turn - 1_000, turn + 1_000].map((receivedAt) =>
        writeBatch(
          database.write,
          ids.map((eventId) => event({ eventId, receivedAt })),
        ),
      ),
    )
    expect(verdicts.flat().filter((v) => v.outcome === 'stored')).toHaveLength(ids.length)
    expect(await countOf('event')).toBe(ids.length)
  })
})

describe('new issues', () => {
  it('GROUP-01: forty batches with the same new error make one issue, announced once, with the right count', async () => {
    const batches = Array.from({ length: 40 }, () => [
      event({ message: 'the very first' }),
      event({ message: 'the very first' }),
    ])
    await Promise.all(batches.map((batch) => writeBatch(database.write, batch)))
    await foldAll()
    expect(await issueTotals()).toMatchObject({ issues: 1, events: 80 })
    expect(await countOf('outbox')).toBe(1)
    expect(await countOf('issue_activity')).toBe(1)
  })

  it('GROUP-01: batches with the same many new errors in other orders neither deadlock nor double', async () => {
    const messages = Array.from(
      { length: 30 },
      (_, i) => `error of kind ${'abcdefghijklmnopqrstuvwxyz'[i % 26]}${i < 26 ? '' : 'x'}`,
    )
    await Promise.all(
      Array.from({ length: 10 }, (_, i) => {
        const order = i % 2 ? messages : messages.toReversed()
        return writeBatch(
          database.write,
          order.map((message) => event({ message })),
        )
      }),
    )
    await foldAll()
    expect(await issueTotals()).toMatchObject({ issues: 30, events: 300 })
  })
})

describe('regressions', () => {
  const resolve = (at: number) =>
    database.write.query(
      `update issue set status = 'resolved', resolved_at = to_timestamp($2::float8 / 1000) where project_id = $1`,
      [project.projectId, at],
    )

  it('RESIL-02: ten writers see a resolved issue come back, one decides', async () => {
    await writeBatch(database.write, [event()])
    await resolve(Date.now() - 1_000)
    await Promise.all(Array.from({ length: 10 }, () => writeBatch(database.write, [event(), event()])))
    const issue = await one(`select status, substatus from issue where project_id = $1`, project.projectId)
    expect(issue).toEqual({ status: 'unresolved', substatus: 'regressed' })
    const news = await one<{ n: number }>(
      `select count(*) as n from outbox where project_id = $1 and kind = 'issue.regressed'`,
      project.projectId,
    )
    expect(news.n).toBe(1)
  })

  it('RESIL-02: an event received before the issue was resolved does not reopen it', async () => {
    const late = event({ receivedAt: Date.now() - 5_000 })
    await writeBatch(database.write, [event({ receivedAt: Date.now() - 10_000 })])
    await resolve(Date.now())
    await writeBatch(database.write, [late])
    const issue = await one(`select status from issue where project_id = $1`, project.projectId)
    expect(issue).toEqual({ status: 'resolved' })
  })
})

describe('folding', () => {
  it('RESIL-03: counts equal stored events however many fold at once, and a second fold adds nothing', async () => {
    for (let i = 0; i < 5; i++)
      await writeBatch(
        database.write,
        Array.from({ length: 40 }, (_, k) => event({ message: `kind ${'abcd'[k % 4]}`, user: `u${k % 10}` })),
      )
    await Promise.all(Array.from({ length: 8 }, foldAll))
    await foldAll()
    expect(await issueTotals()).toEqual({ issues: 4, events: 200, users: 20 })
    const rollups = await one<{ minutes: number; quarters: number; hours: number }>(
      `select (select sum(n) from rollup_project_minute where project_id = $1) as minutes,
              (select sum(n) from rollup_project_quarter where project_id = $1) as quarters,
              (select sum(n) from rollup_group_hour where project_id = $1) as hours`,
      project.projectId,
    )
    expect(rollups).toEqual({ minutes: 200, quarters: 200, hours: 200 })
    expect(await countOf('event_delta')).toBe(0)
    await foldAll()
    expect((await issueTotals()).events).toBe(200)
  })

  it('RESIL-03: discarded groups store nothing and are counted as discarded', async () => {
    await writeBatch(database.write, [event()])
    await database.write.query(`update event_group set discarded_at = now() where project_id = $1`, [
      project.projectId,
    ])
    expect(await writeBatch(database.write, [event()])).toEqual([{ outcome: 'discarded' }])
    expect(await countOf('event')).toBe(1)
  })
})

describe('sampling', () => {
  const outcomes = (verdicts: { outcome: string }[]) =>
    Object.fromEntries(
      Map.groupBy(verdicts, (v) => v.outcome)
        .entries()
        .map(([k, v]) => [k, v.length]),
    )
  /** What of this batch the ids say, whatever the writer does. */
  const chosen = (batch: { row: { weight: number | null } }[]) =>
    batch.filter((e) => e.row.weight! > 0).length

  it('RETAIN-04: the first hundred events of an issue are stored, whatever the rate', async () => {
    const batch = Array.from({ length: 60 }, () => event({ sampleRate: 0 }))
    expect(outcomes(await writeBatch(database.write, batch))).toEqual({ stored: 60 })
    await foldAll()
    const second = Array.from({ length: 60 }, () => event({ sampleRate: 0 }))
    // Whether a group is young is asked once a batch.
    expect(outcomes(await writeBatch(database.write, second))).toEqual({ stored: 60 })
  })

  it('RETAIN-04: beyond them the ids decide, counts and users see every event, and stored ones weigh what they stand for', async () => {
    await writeBatch(
      database.write,
      Array.from({ length: 100 }, () => event()),
    )
    await foldAll()
    const batch = Array.from({ length: 400 }, (_, i) => event({ sampleRate: 0.25, user: `u${i}` }))
    const kept = chosen(batch)
    expect(kept).toBeGreaterThan(50)
    expect(kept).toBeLessThan(150)
    expect(outcomes(await writeBatch(database.write, batch))).toEqual({ stored: kept, sampled: 400 - kept })
    await foldAll()
    expect(await issueTotals()).toEqual({ issues: 1, events: 500, users: 400 })
    expect(await countOf('event')).toBe(100 + kept)
    const weight = await one<{ sum: number }>(
      `select sum(weight)::float8 as sum from event where project_id = $1`,
      project.projectId,
    )
    expect(weight.sum).toBe(100 + kept * 4)
    const minutes = await one<{ n: number }>(
      `select sum(n) as n from rollup_project_minute where project_id = $1`,
      project.projectId,
    )
    expect(minutes.n).toBe(500)
  })

  it('RETAIN-04: an event that left no row is counted once, however often and at once it is delivered', async () => {
    await writeBatch(
      database.write,
      Array.from({ length: 100 }, () => event()),
    )
    await foldAll()
    const ids = Array.from({ length: 50 }, newEventId)
    const deliver = () =>
      writeBatch(
        database.write,
        ids.map((eventId) => event({ eventId, sampleRate: 0 })),
      )
    const verdicts = (await Promise.all(Array.from({ length: 6 }, deliver))).flat()
    expect(outcomes(verdicts)).toEqual({ sampled: 50, duplicate: 250 })
    // Sampling switched off meanwhile does not make a retry a new event.
    const later = await writeBatch(
      database.write,
      ids.map((eventId) => event({ eventId })),
    )
    expect(outcomes(later)).toEqual({ duplicate: 50 })
    await foldAll()
    expect((await issueTotals()).events).toBe(150)
  })

  it('RETAIN-04: what was stored before sampling was switched on is not counted again', async () => {
    const ids = Array.from({ length: 120 }, newEventId)
    await writeBatch(
      database.write,
      ids.map((eventId) => event({ eventId })),
    )
    await foldAll()
    const again = await writeBatch(
      database.write,
      ids.map((eventId) => event({ eventId, sampleRate: 0 })),
    )
    expect(outcomes(again)).toEqual({ duplicate: 120 })
  })

  it('RETAIN-04: the event that makes an issue, and the one that reopens it, are stored', async () => {
    expect(await writeBatch(database.write, [event({ sampleRate: 0 })])).toEqual([{ outcome: 'stored' }])
    await writeBatch(
      database.write,
      Array.from({ length: 120 }, () => event()),
    )
    await foldAll()
    await database.write.query(
      `update issue set status = 'resolved', resolved_at = now() - interval '1 s' where project_id = $1`,
      [project.projectId],
    )
    const back = await writeBatch(database.write, [event({ sampleRate: 0 })])
    expect(back).toEqual([{ outcome: 'stored' }])
    expect(await one(`select substatus from issue where project_id = $1`, project.projectId)).toEqual({
      substatus: 'regressed',
    })
    expect(await writeBatch(database.write, [event({ sampleRate: 0 })])).toEqual([{ outcome: 'sampled' }])
  })
})

describe('an answer that was lost', () => {
  it('RESIL-03: what is written again because nobody knew its end has one outcome', async () => {
    const sent = [event(), event()]
    await writeBatch(database.write, sent)
    for (const one of sent) one.tried = true
    expect((await writeBatch(database.write, [...sent, event()])).map((v) => v.outcome)).toEqual([
      'duplicate',
      'duplicate',
      'stored',
    ])
    await foldAll()
    const { rows } = await database.write.query(
      `select outcome, sum(n)::int as n from outcome_minute where project_id = $1 group by 1`,
      [project.projectId],
    )
    expect(rows).toEqual([{ outcome: 0, n: 3 }])
  })
})

describe('discarded groups', () => {
  it('RESIL-03: a discarded event is counted once, beside others that are stored', async () => {
    await writeBatch(database.write, [event()])
    await database.write.query(`update event_group set discarded_at = now() where project_id = $1`, [
      project.projectId,
    ])
    const eventId = newEventId()
    const batch = () => [event({ eventId }), event({ message: 'another kind' })]
    expect((await writeBatch(database.write, batch())).map((v) => v.outcome)).toEqual(['discarded', 'stored'])
    expect((await writeBatch(database.write, batch())).map((v) => v.outcome)).toEqual(['duplicate', 'stored'])
  })
})

describe('cardinality', () => {
  it('INGEST-04: beyond the limit of new issues an hour events gather in one marked issue, none is lost', async () => {
    await database.write.query(`update project set new_issues_per_hour = 5 where id = $1`, [
      project.projectId,
    ])
    const kinds = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) =>
        event({ message: `kind ${'abcdefghijklmnop'[from + i]}`, receivedAt: Date.now() + i }),
      )
    await writeBatch(database.write, kinds(0, 3))
    await writeBatch(database.write, kinds(1, 10))
    await writeBatch(database.write, kinds(8, 12))
    await foldAll()
    const issues = await database.write.query<{ title: string; event_count: number }>(
      `select title, event_count from issue where project_id = $1 order by title`,
      [project.projectId],
    )
    expect(issues.rows).toEqual([
      { title: 'Too many new issues', event_count: 5 + 4 },
      { title: 'kind a', event_count: 1 },
      { title: 'kind b', event_count: 2 },
      { title: 'kind c', event_count: 2 },
      { title: 'kind d', event_count: 1 },
      { title: 'kind e', event_count: 1 },
    ])
  })

  it('INGEST-04: environments beyond a hundred and releases beyond a thousand a day are counted as (other)', async () => {
    const caps = createValueCaps((values) => admitValues(database.write, values))
    const batch = (n: number) =>
      Array.from({ length: n }, (_, i) =>
        event({ payload: { environment: `env-${i}`, release: `app@${i}` } }),
      )
    for (const events of [batch(60), batch(130), batch(1_200)]) {
      await caps.apply(events)
      await writeBatch(database.write, events)
    }
    // Another node, which remembers nothing, decides the same.
    const elsewhere = createValueCaps((values) => admitValues(database.write, values))
    const here = [...batch(130), event({ payload: { release: 'app@5000' } })]
    const there = structuredClone(here)
    await caps.apply(here)
    await elsewhere.apply(there)
    expect(there.map((e) => e.row.environment)).toEqual(here.map((e) => e.row.environment))
    expect(there.filter((e) => e.row.environment === OTHER)).toHaveLength(31)
    expect(there.at(-1)!.row.release).toBe(OTHER)
    await foldAll()
    const values = await database.write.query(
      `select kind, count(distinct value)::int as n, sum(n)::int as events from rollup_value_hour
       where project_id = $1 group by 1 order by 1`,
      [project.projectId],
    )
    expect(values.rows).toEqual([
      { kind: 'environment', n: 101, events: 1_390 },
      { kind: 'release', n: 1_001, events: 1_390 },
    ])
  })
})

/** The last instant at which the expiry of 90-day events jumped to another week, midnight UTC. */
function turnOfWeekNear(now: number): number {
  let day = Math.floor(now / DAY)
  const weekday = (d: number) => (d + 90 + 4) % 7
  while (weekday(day) !== 2) day--
  return day * DAY
}
