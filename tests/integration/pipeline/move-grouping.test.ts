// A project moves to another version of grouping, and its issues stay whole. The second version is the test's: it groups
// by the tag `second`, so that each test says itself which events it puts together, and the first one by the message.
import { hash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createKeyCache } from '#server/domain/projects/key-cache.ts'
import {
  GROUPING_METHODS,
  NEW_PROJECT_GROUPING,
  type GroupingMethods,
  type GroupingVersions,
} from '#server/domain/grouping/versions.ts'
import { writeBatch } from '#server/pipeline/stages/write.ts'
import { ensurePartitions } from '#server/processes/partition-keeper.ts'
import { foldEvents } from '#server/storage/deltas/fold-events.ts'
import { openDatabase, type Database } from '#server/storage/database.ts'
import { MAX_GROUPS_PER_ISSUE } from '#server/storage/groups/insert-joining-groups.ts'
import { listIssueGroups } from '#server/storage/issues/list-issue-groups.ts'
import type { NormalEvent } from '#shared/schemas/event.ts'
import { groupingReason } from '#shared/schemas/issue.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { encodedEvent } from '../../support/encoded.ts'
import { insertProject, type TestProject } from '../../support/project.ts'
import { randomFrom } from '../../support/random.ts'

const BEFORE: GroupingVersions = { version: 1, previous: null }
const MOVING: GroupingVersions = { version: 2, previous: 1 }
const AFTER: GroupingVersions = { version: 2, previous: null }

function second(event: NormalEvent) {
  const key = event.tags.find(([name]) => name === 'second')?.[1] ?? event.message ?? ''
  return {
    version: 2,
    hash: hash('sha256', key, 'buffer').subarray(0, 16),
    why: { strategy: 'message' as const, version: 2, parts: [{ kind: 'message', value: key }] },
  }
}
const methods: GroupingMethods = new Map([...GROUPING_METHODS, [2, second]])

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

const rowsOf = async <Row>(text: string, ...values: unknown[]) =>
  (await database.write.query<Row & Record<string, unknown>>(text, [project.projectId, ...values])).rows
const countOf = async (table: string, where = 'true') =>
  (await rowsOf<{ n: number }>(`select count(*) as n from ${table} where project_id = $1 and ${where}`))[0]!.n
const event = (grouping: GroupingVersions, message: string, secondTag?: string) =>
  encodedEvent({
    ...{ projectId: project.projectId, message, grouping, methods },
    ...(secondTag !== undefined && { payload: { tags: { second: secondTag } } }),
  })
const write = (...events: ReturnType<typeof event>[]) => writeBatch(database.write, events)
/** Events by issue, folded, fullest first. */
const eventsOfIssues = async () => {
  while ((await foldEvents(database.write, project.projectId, 0, 1_000)).rows > 0);
  const rows = await rowsOf<{ event_count: number }>(
    `select event_count from issue where project_id = $1 order by event_count desc`,
  )
  return rows.map((row) => row.event_count)
}
const issueIds = async () =>
  (await rowsOf<{ issue_id: number }>(`select issue_id from issue where project_id = $1 order by 1`)).map(
    (row) => row.issue_id,
  )

describe('a project moves to another grouping', () => {
  it('GROUP-05: an event of the new version joins the issue of the old one, without news, and says so', async () => {
    await write(event(BEFORE, 'late'))
    await write(event(MOVING, 'late'), event(MOVING, 'late'))
    await write(event(AFTER, 'late'))
    expect(await eventsOfIssues()).toEqual([4])
    expect(await countOf('outbox')).toBe(1)
    expect(await countOf('issue_activity')).toBe(1)
    const [issueId] = await issueIds()
    const groups = await listIssueGroups(database.read, project.projectId, String(issueId))
    expect(groups.map(({ why }) => groupingReason.parse(why))).toMatchObject([
      { version: 1 },
      { version: 2, joined: 1, strategy: 'message' },
    ])
    expect(groups[0]!.why).not.toHaveProperty('joined')
  })

  it('GROUP-05: a version that tells more apart keeps what was one; one that tells less leaves two as they were', async () => {
    await write(event(BEFORE, 'one'), event(BEFORE, 'other'))
    await write(event(MOVING, 'one', 'a'), event(MOVING, 'one', 'b'))
    expect(await eventsOfIssues()).toEqual([3, 1])
    await write(event(MOVING, 'other', 'c'), event(MOVING, 'third', 'c'))
    expect(await eventsOfIssues()).toEqual([3, 3])
    expect(await countOf('outbox')).toBe(2)
  })

  it('GROUP-05: a new error has its issue by both versions, so that going back splits nothing either', async () => {
    await write(event(MOVING, 'new'), event(MOVING, 'new'), event(MOVING, 'newer'))
    expect(await countOf('event_group')).toBe(4)
    await write(event(BEFORE, 'new'), event(AFTER, 'newer'))
    expect(await eventsOfIssues()).toEqual([3, 2])
    expect(await countOf('outbox')).toBe(2)
  })

  it('GROUP-05: when it has settled, new errors are told apart by the new version alone', async () => {
    await write(event(AFTER, 'one', 'a'), event(AFTER, 'one', 'b'))
    expect(await eventsOfIssues()).toEqual([1, 1])
    expect(await countOf('event_group', 'version = 1')).toBe(0)
  })

  it('GROUP-05: joins where the old group is now, after a merge', async () => {
    await write(event(BEFORE, 'one'), event(BEFORE, 'two'))
    const [into, from] = await issueIds()
    await rowsOf(`update event_group set issue_id = $2 where project_id = $1 and issue_id = $3`, into, from)
    await rowsOf(`delete from issue where project_id = $1 and issue_id = $2`, from)
    await write(event(MOVING, 'one'), event(MOVING, 'two'))
    expect(await eventsOfIssues()).toEqual([4])
  })

  it('GROUP-05: what was discarded stays discarded', async () => {
    await write(event(BEFORE, 'noise'))
    await rowsOf(`update event_group set discarded_at = now() where project_id = $1`)
    expect(await write(event(MOVING, 'noise'), event(MOVING, 'noise'))).toEqual([
      { outcome: 'discarded' },
      { outcome: 'discarded' },
    ])
    expect(await write(event(AFTER, 'noise'))).toEqual([{ outcome: 'discarded' }])
    expect(await countOf('event')).toBe(1)
  })

  it('RESIL-02: a resolved issue comes back once, whichever version saw it', async () => {
    await write(event(BEFORE, 'back'))
    await rowsOf(
      `update issue set status = 'resolved', resolved_at = now() - interval '1 second' where project_id = $1`,
    )
    await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        write(event(i % 2 ? MOVING : BEFORE, 'back'), event(MOVING, 'back')),
      ),
    )
    expect(await countOf('outbox', `kind = 'issue.regressed'`)).toBe(1)
    expect(await eventsOfIssues()).toEqual([21])
  })

  it('GROUP-05: what joins is nothing new: it takes no place among the new issues of an hour', async () => {
    const messages = ['one', 'two', 'three']
    await write(...messages.map((message) => event(BEFORE, message)))
    await rowsOf(`update project set new_issues_per_hour = 4 where id = $1`)
    await write(...messages.map((message) => event(MOVING, message)))
    await write(event(MOVING, 'four'), event(MOVING, 'five'))
    // `four` took the last place; `five` is in the overflow issue.
    expect(await eventsOfIssues()).toEqual([2, 2, 2, 1, 1])
    expect(await countOf('event_group', 'version = 0')).toBe(1)
  })

  it('GROUP-05: an issue that is full takes no more groups; the next error is an issue of its own', async () => {
    await write(event(BEFORE, 'wide'))
    const kinds = Array.from({ length: MAX_GROUPS_PER_ISSUE + 4 }, (_, i) => `kind ${i}`)
    await write(...kinds.map((kind) => event(MOVING, 'wide', kind)))
    await write(...kinds.map((kind) => event(MOVING, 'wide', kind)))
    expect(await eventsOfIssues()).toEqual([1 + 2 * (MAX_GROUPS_PER_ISSUE - 1), 2, 2, 2, 2, 2])
    const [full] = await issueIds()
    expect(await countOf('event_group', `issue_id = ${full}`)).toBe(MAX_GROUPS_PER_ISSUE)
  })
})

describe('writers of both versions at once', () => {
  it('GROUP-01: two writers meet a new error, one by the old version and one by the new: one issue', async () => {
    for (let round = 0; round < 20; round++) {
      const message = `error of round ${'abcdefghijklmnopqrst'[round]}`
      await Promise.all([write(event(BEFORE, message)), write(event(MOVING, message))])
    }
    expect(await eventsOfIssues()).toEqual(Array(20).fill(2))
    expect(await countOf('outbox')).toBe(20)
    expect(await countOf('issue_activity')).toBe(20)
    expect(await countOf('event_group')).toBe(40)
  })

  it('GROUP-01: many errors, in batches of both versions and in other orders, neither deadlock nor double', async () => {
    const random = randomFrom(7)
    const messages = Array.from(
      { length: 30 },
      (_, i) => `error of kind ${'abcdefghijklmnopqrstuvwxyz'[i % 26]}${i < 26 ? '' : 'x'}`,
    )
    await Promise.all(
      Array.from({ length: 12 }, () =>
        write(
          ...random
            .shuffled(messages)
            // In one batch too: a spool brings events that were grouped before the move.
            .map((message) => event(random.oneOf([BEFORE, MOVING]), message)),
        ),
      ),
    )
    expect(await eventsOfIssues()).toEqual(Array(30).fill(12))
    expect(await countOf('outbox')).toBe(30)
  })
})

describe('the setting', () => {
  it('GROUP-05: reaches the doors with the project’s key', async () => {
    const keys = createKeyCache(database.read)
    expect((await keys.find(project.key))?.project.grouping).toEqual(NEW_PROJECT_GROUPING)
    await rowsOf(`update project set grouping_version = 2, previous_grouping_version = 1 where id = $1`)
    await keys.refresh()
    expect((await keys.find(project.key))?.project.grouping).toEqual(MOVING)
  })

  it('GROUP-05: a project moves forwards only', async () => {
    await expect(
      rowsOf(`update project set grouping_version = 1, previous_grouping_version = 1 where id = $1`),
    ).rejects.toMatchObject({ code: '23514' })
  })
})
