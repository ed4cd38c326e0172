// Merge, unmerge, discard and delete against the writers and folders of a busy project: every event has one verdict, no
// count is lost or doubled, and nobody waits for ever.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { DomainError } from '#server/domain/errors.ts'
import { discardIssue, deleteIssue, restoreDiscarded } from '#server/domain/issues/discarded-issues.ts'
import { deleteIssues, discardIssues } from '#server/domain/issues/remove-issues.ts'
import { mergeIssues, unmergeIssue } from '#server/domain/issues/merge-issues.ts'
import type { ProjectRef } from '#server/domain/issues/short-id.ts'
import type { Encoded } from '#server/pipeline/event-states.ts'
import { writeBatch } from '#server/pipeline/stages/write.ts'
import { classify } from '#server/processes/writer.ts'
import { ensurePartitions } from '#server/processes/partition-keeper.ts'
import { FOLDING } from '#server/storage/advisory-locks.ts'
import { foldEvents } from '#server/storage/deltas/fold-events.ts'
import { openDatabase, setDatabase, type Database, type Db } from '#server/storage/database.ts'
import { OUTCOMES } from '#shared/constants/outcomes.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { encodedEvent } from '../../support/encoded.ts'
import { foldAll } from '../../support/fold.ts'
import { insertProject } from '../../support/project.ts'
import { storeUser } from '../../support/stored.ts'
import { until } from '../../support/until.ts'

let testDatabase: TestDatabase
let database: Database
let project: ProjectRef
let actorId: string

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  database = openDatabase(testDatabase.url, { writeConnections: 14 })
  setDatabase(database)
  await ensurePartitions({ pool: database.write, now: Date.now })
  actorId = await storeUser(database.write)
})
afterAll(async () => {
  setDatabase(undefined)
  await database?.close()
  await testDatabase?.drop()
})
beforeEach(async () => {
  const { projectId } = await insertProject(database.write)
  project = { id: projectId, slug: 'web' }
})

const all = async <Row extends object>(text: string): Promise<Row[]> =>
  (await database.write.query<Row & Record<string, unknown>>(text, [project.id])).rows
const one = async <Row extends object>(text: string): Promise<Row> => (await all<Row>(text))[0]!

const KINDS = ['ants', 'bees', 'cats', 'dogs', 'eels', 'foxes']
let serial = 0
/** Each kind is a group; ten users, each seen in several groups. */
const event = (kind: string): Encoded =>
  encodedEvent({ projectId: project.id, message: `too many ${kind}`, user: `u${serial++ % 10}` })

/** As the writer does: what the machine's weather undid is written again. */
async function write(batch: readonly Encoded[]): Promise<string[]> {
  for (;;) {
    try {
      return (await writeBatch(database.write, batch)).map(({ outcome }) => outcome)
    } catch (error) {
      if (classify(error) !== 'machine') throw error
    }
  }
}

/** What a person asks for may find things changed, and is told so. */
const attempt = (action: Promise<unknown>): Promise<boolean> =>
  action.then(
    () => true,
    (error: unknown) => {
      if (error instanceof DomainError) return false
      throw error
    },
  )

const issues = () =>
  all<{ id: string }>(
    `select issue_id::text as id from issue where project_id = $1 and status in ('unresolved', 'resolved', 'archived')`,
  )
const issueOf = async (kind: string) =>
  (
    await one<{ id: string }>(
      `select g.issue_id::text as id from event_group g join issue i using (project_id, issue_id)
   where project_id = $1 and i.title like '%${kind}'`,
    )
  ).id
const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(Math.random() * list.length)]

const isSomebodyWaiting = async () =>
  (
    await one<{ n: number }>(
      `select count(*) as n from pg_locks where locktype = 'advisory' and objid = $1 and not granted`,
    )
  ).n === 1

/**
 * Writers, folders and a person at once: fifty batches at least, and as many as it takes until the person has done all.
 * @returns the verdicts, counted, and the events written
 */
async function race(acts: number, act: (nth: number) => Promise<unknown>) {
  const tally: Record<string, number> = {}
  let batches = 0
  let acted = 0
  let writing = true
  const writer = async () => {
    while (batches++ < 50 || acted < acts)
      for (const outcome of await write(KINDS.flatMap((kind) => [event(kind), event(kind)])))
        tally[outcome] = (tally[outcome] ?? 0) + 1
  }
  const folder = async () => {
    while (writing) await foldEvents(database.write, project.id, 0, 30)
  }
  const person = async () => {
    for (; acted < acts; acted++) await act(acted)
  }
  const written = Promise.all([writer(), writer(), writer(), person()]).finally(() => (writing = false))
  await Promise.all([written, folder(), folder()])
  await foldAll(database.write, project.id)
  const events = Object.values(tally).reduce((sum, n) => sum + n, 0)
  return { tally, events }
}

/** Issues against groups against events, whatever happened. */
async function expectExact() {
  expect(
    await all(
      `select i.issue_id, i.status, i.event_count, i.user_count, s.events, s.users
     from issue i
     cross join lateral (
       select coalesce(sum(t.event_count), 0) as events,
              (select count(distinct u.user_hash) from group_user u join event_group g using (project_id, group_id)
               where u.project_id = i.project_id and g.issue_id = i.issue_id) as users
       from event_group g join group_total t using (project_id, group_id)
       where g.project_id = i.project_id and g.issue_id = i.issue_id) s
     where i.project_id = $1 and i.status <> 'merged' and (i.event_count, i.user_count) is distinct from (s.events, s.users)`,
    ),
  ).toEqual([])
  expect(
    await all(
      `select t.group_id, t.event_count, t.user_count, e.n, u.n as users from group_total t
     cross join lateral (select count(*) as n from event e where e.project_id = $1 and e.group_id = t.group_id) e
     cross join lateral (select count(*) as n from group_user u where u.project_id = $1 and u.group_id = t.group_id) u
     where t.project_id = $1 and (t.event_count, t.stored_count, t.user_count) is distinct from (e.n, e.n, u.n)`,
    ),
  ).toEqual([])
  // A hidden issue has no groups, a visible or a discarded one has some.
  expect(
    await all(
      `select i.issue_id, i.status from issue i where i.project_id = $1 and (i.status = 'merged') =
       exists (select from event_group g where g.project_id = $1 and g.issue_id = i.issue_id)`,
    ),
  ).toEqual([])
  expect(
    await all(
      `select g.group_id from event_group g join issue i using (project_id, issue_id)
     where g.project_id = $1 and (i.status = 'discarded') <> (g.discarded_at is not null)`,
    ),
  ).toEqual([])
}

describe('while fifty batches are written and folded', () => {
  it('ISSUE-05: an issue is discarded and brought back: each event is stored or discarded, and counted as that', async () => {
    await write(KINDS.map(event))
    const id = await issueOf('cats')
    const { tally, events } = await race(4, async () => {
      await discardIssue(project, id, actorId)
      expect(await write([event('cats')])).toEqual(['discarded'])
      await restoreDiscarded(project, id, actorId)
      expect(await write([event('cats')])).toEqual(['stored'])
    })
    const [stored, discarded] = [tally['stored']! + KINDS.length + 4, (tally['discarded'] ?? 0) + 4]
    expect(stored + discarded).toBe(events + KINDS.length + 8)
    expect(await one(`select count(*) as n from event where project_id = $1`)).toEqual({ n: stored })
    await expectExact()
    expect(
      await all(
        `select outcome, sum(n) as n from outcome_minute where project_id = $1 group by 1 order by 1`,
      ),
    ).toEqual([
      { outcome: OUTCOMES.indexOf('stored'), n: stored },
      { outcome: OUTCOMES.indexOf('discarded'), n: discarded },
    ])
    // What was discarded is in no chart.
    for (const table of ['rollup_project_minute', 'rollup_project_quarter', 'rollup_group_hour'])
      expect(await one(`select sum(n) as n from ${table} where project_id = $1`)).toEqual({ n: stored })
  })

  it('ISSUE-05: an issue is discarded for good: what the writers called discarded is what the list counts', async () => {
    await write(KINDS.map(event))
    const id = await issueOf('cats')
    const { tally } = await race(1, () => discardIssue(project, id, actorId))
    expect(tally['discarded']).toBeGreaterThan(0)
    expect(await one(`select sum(discarded_count) as n from group_total where project_id = $1`)).toEqual({
      n: tally['discarded'],
    })
    await expectExact()
  })

  it('ISSUE-05, GROUP-01: issues are merged, taken apart and deleted: all sums are right', async () => {
    await write(KINDS.map(event))
    let unmerged = 0
    const { tally, events } = await race(18, async (nth) => {
      const ids = (await issues()).map((issue) => issue.id)
      const moved = pick(
        await all<{ issue: string; id: string }>(
          `select issue_id::text as issue, group_id::text as id from event_group
           where project_id = $1 and merged_from is not null`,
        ),
      )
      const source = ids[0]!
      const target = pick(ids.slice(1)) ?? source
      if (nth % 9 === 8) await deleteIssue(project, target, actorId)
      else if (moved && nth % 3 === 2) {
        await unmergeIssue(project, { reference: moved.issue, groupIds: [moved.id], actorId })
        unmerged++
      } else if (target !== source) await mergeIssues(project, { reference: target, ids: [source], actorId })
    })
    expect(tally).toEqual({ stored: events })
    expect(await one(`select count(*) as n from event where project_id = $1`)).toEqual({
      n: events + KINDS.length,
    })
    await expectExact()
    // Six kinds, six groups: a deleted one was made anew by its next event, and belongs to it alone.
    expect((await all(`select from event_group where project_id = $1`)).length).toBeLessThanOrEqual(
      KINDS.length,
    )
    expect(unmerged).toBeGreaterThan(0)
  })

  it('ISSUE-05: two people merge in circles: both get an answer, nobody waits for the other for ever', async () => {
    await write(KINDS.map(event))
    const ids = (await issues()).map((issue) => issue.id)
    const both = (x: string, y: string) =>
      Promise.all([
        attempt(mergeIssues(project, { reference: x, ids: [y], actorId })),
        attempt(mergeIssues(project, { reference: y, ids: [x], actorId })),
      ])
    const answers: boolean[][] = []
    await race(3, async () => {
      answers.push(await both(ids.pop()!, ids.pop()!))
    })
    expect(answers.length).toBe(3)
    for (const pair of answers) expect(pair.filter(Boolean)).toHaveLength(1)
    await expectExact()
  })
})

it.each([
  ['discarded', discardIssues, 'discarded'],
  ['deleted', deleteIssues, 'stored'],
] as const)(
  'ISSUE-05: a batch that began before its issue was %s, and waits for that, sees it',
  async (_, remove, outcome) => {
    await write([event('ants')])
    const id = await issueOf('ants')
    const person = await database.read.connect()
    await person.query('begin')
    expect(await remove(person, project, [id], actorId)).toEqual([id])
    const writing = write([event('ants')])
    await until(isSomebodyWaiting, 5_000)
    await person.query('commit')
    person.release()
    expect(await writing).toEqual([outcome])
    await foldAll(database.write, project.id)
    await expectExact()
  },
)

it('ISSUE-05: a fold whose view is older than a merge leaves it for the next round', async () => {
  await write([event('ants'), event('bees'), event('bees')])
  const [target, source] = [await issueOf('ants'), await issueOf('bees')]
  const gate = await database.read.connect()
  await gate.query('select pg_advisory_lock(1, $1)', [project.id])
  // The very statement, held up between its view of the tables and its lock.
  const heldUp: Db = {
    query: (query, values) =>
      database.write.query(
        typeof query === 'string'
          ? query
          : {
              ...query,
              name: 'held-up',
              text: query.text.replace(
                `pg_try_advisory_xact_lock(${FOLDING}, $1::int) as free`,
                '$& from (select pg_advisory_xact_lock_shared(1, $1::int) offset 0) gate',
              ),
            },
        values,
      ),
  }
  const folding = foldEvents(heldUp, project.id, 0, 1_000)
  await until(isSomebodyWaiting, 5_000)
  await mergeIssues(project, { reference: target, ids: [source], actorId })
  await gate.query('select pg_advisory_unlock(1, $1)', [project.id])
  gate.release()
  expect(await folding).toMatchObject({ rows: 0, events: 0, maxId: null, busy: true })
  await foldAll(database.write, project.id)
  expect(
    await one(
      `select issue_id::text as id, event_count from issue where project_id = $1 and event_count > 0`,
    ),
  ).toEqual({ id: target, event_count: 3 })
  await expectExact()
})
