// The writer as a process: who is to blame when a batch fails, and what becomes of the rest.
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createIntake, type Intake } from '#server/pipeline/intake.ts'
import { createOutcomeTally } from '#server/pipeline/outcome.ts'
import { writeBatch } from '#server/pipeline/stages/write.ts'
import type { Encoded } from '#server/pipeline/event-states.ts'
import { ensurePartitions } from '#server/processes/partition-keeper.ts'
import { classify, writer, type WriterDeps } from '#server/processes/writer.ts'
import { supervise, type SupervisionHandle } from '#server/runtime/supervisor.ts'
import { openDatabase, type Database } from '#server/storage/database.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { encodedEvent } from '../../support/encoded.ts'
import { insertProject, type TestProject } from '../../support/project.ts'

let testDatabase: TestDatabase
let database: Database
let project: TestProject
let running: SupervisionHandle | undefined

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  database = openDatabase(testDatabase.url)
})
afterAll(async () => {
  await database?.close()
  await testDatabase?.drop()
})
beforeEach(async () => {
  await running?.stop()
  project = await insertProject(database.write)
  await ensurePartitions({ pool: database.write, now: Date.now })
})

function start(overrides: Partial<WriterDeps> = {}): { intake: Intake; supervision: SupervisionHandle } {
  const intake = createIntake()
  const deps: WriterDeps = {
    intake,
    tally: createOutcomeTally(),
    write: (batch) => writeBatch(database.write, batch),
    ensurePartitions: () => ensurePartitions({ pool: database.write, now: Date.now }),
    stored: () => {},
    log: () => {},
    ...overrides,
  }
  running = supervise({
    id: 'root',
    strategy: 'one_for_one',
    maxRestarts: 50,
    withinMs: 10_000,
    backoff: { initialMs: 5, maxMs: 20 },
    children: [writer('writer', deps)],
  })
  return { intake, supervision: running }
}
const event = (message = 'fine'): Encoded => encodedEvent({ projectId: project.projectId, message })
const poisoned = (): Encoded => {
  const encoded = event('poison')
  // No tsvector: PostgreSQL answers 22P02 or 42601 for the whole statement.
  return { ...encoded, row: { ...encoded.row, search: "'unterminated" } }
}
const countEvents = async () =>
  (await database.write.query(`select count(*) as n from event where project_id = $1`, [project.projectId]))
    .rows[0].n

describe('writer', () => {
  it('INGEST-06: one event that PostgreSQL cannot take costs that event, the rest of its batch is stored', async () => {
    const { intake } = start()
    const events = Array.from({ length: 50 }, (_, i) => (i === 17 || i === 31 ? poisoned() : event()))
    const verdicts = await Promise.all(events.map((e) => intake.submit(e)))
    expect(verdicts.map((v) => v.outcome === 'invalid')).toEqual(events.map((_, i) => i === 17 || i === 31))
    expect(await countEvents()).toBe(48)
  })

  it('RESIL-01: a writer that falls with a batch in hand gives it back, and everything is stored once', async () => {
    let calls = 0
    const { intake, supervision } = start({
      async write(batch) {
        const verdicts = await writeBatch(database.write, batch)
        // Committed, but the answer is lost: the worst moment to fall.
        if (++calls === 1) throw new Error('fell')
        return verdicts
      },
    })
    const verdicts = await Promise.all(Array.from({ length: 20 }, () => intake.submit(event())))
    expect(verdicts.every((v) => v.outcome === 'stored' || v.outcome === 'duplicate')).toBe(true)
    expect(await countEvents()).toBe(20)
    // A batch of several is split once before the writer falls, so the fall itself is injected.
    expect(supervision.crash('writer', new Error('injected'))).toBe(true)
    const more = await Promise.all(Array.from({ length: 5 }, () => intake.submit(event())))
    expect(more.map((v) => v.outcome)).toEqual(Array(5).fill('stored'))
    await vi.waitUntil(() => supervision.state().children[0]!.restarts > 0)
  })

  it('RESIL-01: an event that fells every writer is found and refused, its neighbours are stored', async () => {
    const bad = event('bad')
    const { intake } = start({
      async write(batch) {
        if (batch.some((e) => e.eventId === bad.eventId)) throw new Error('no SQLSTATE, no reason')
        return writeBatch(database.write, batch)
      },
    })
    const good = Array.from({ length: 9 }, () => event())
    const verdicts = await Promise.all(
      [...good.slice(0, 4), bad, ...good.slice(4)].map((e) => intake.submit(e)),
    )
    expect(verdicts[4]!.outcome).toBe('invalid')
    expect(verdicts.filter((v) => v.outcome === 'stored' || v.outcome === 'duplicate')).toHaveLength(9)
  })

  it('RESIL-01: a missing partition is made by the keeper while the batch waits', async () => {
    const partition = (
      await database.write.query<{ name: string }>(
        `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
         where i.inhparent = 'event'::regclass`,
      )
    ).rows
    for (const { name } of partition) await database.write.query(`drop table ${name}`)
    const { intake } = start()
    expect(await intake.submit(event())).toEqual({ outcome: 'stored' })
  })

  it('RESIL-01: a failure of the machine is tried again with the same events', async () => {
    let failures = 3
    const { intake } = start({
      async write(batch) {
        if (failures-- > 0) throw Object.assign(new Error('restarting'), { code: '57P01' })
        return writeBatch(database.write, batch)
      },
    })
    expect(await intake.submit(event())).toEqual({ outcome: 'stored' })
  })

  it('RESIL-01: a full disk is said at once', async () => {
    const { intake } = start({
      write: () => Promise.reject(Object.assign(new Error('no space'), { code: '53100' })),
    })
    expect(await intake.submit(event())).toMatchObject({ outcome: 'overloaded' })
  })

  it('RESIL-01: what waits at shutdown is stored before the writer ends', async () => {
    const { intake, supervision } = start()
    const verdicts = Promise.all(Array.from({ length: 700 }, () => intake.submit(event())))
    await supervision.stop()
    expect((await verdicts).every((v) => v.outcome === 'stored')).toBe(true)
    expect(await countEvents()).toBe(700)
  })
})

describe('classify', () => {
  it.each([
    ['22P02', 'data'],
    ['23505', 'data'],
    ['54000', 'data'],
    ['40P01', 'machine'],
    ['40001', 'machine'],
    ['08006', 'machine'],
    ['57P03', 'machine'],
    ['55P03', 'machine'],
    ['53100', 'full'],
    ['ECONNREFUSED', 'machine'],
    ['42P01', 'unknown'],
  ])('%s is a matter of %s', (code, kind) => {
    expect(classify(Object.assign(new Error('x'), { code }))).toBe(kind)
  })
})
