// The line with its spool, on a real PostgreSQL whose answers are held back or spoilt: what is kept, what is stored
// when, and what becomes of an event that was acknowledged and cannot be stored.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createIntake, type Intake } from '#server/pipeline/intake.ts'
import { createOutcomeTally, type OutcomeTally, type Verdict } from '#server/pipeline/outcome.ts'
import { writeBatch } from '#server/pipeline/stages/write.ts'
import type { Encoded } from '#server/pipeline/event-states.ts'
import { ensurePartitions } from '#server/processes/partition-keeper.ts'
import { patience } from '#server/processes/patience.ts'
import { replayer } from '#server/processes/replayer.ts'
import { spooler, spoolKeeper } from '#server/processes/spooler.ts'
import { writer } from '#server/processes/writer.ts'
import { supervise, type SupervisionHandle } from '#server/runtime/supervisor.ts'
import { toRecord } from '#server/spool/event-record.ts'
import { createSpool, type Spool } from '#server/spool/spool.ts'
import { openDatabase, type Database } from '#server/storage/database.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { encodedEvent } from '../../support/encoded.ts'
import { insertProject, type TestProject } from '../../support/project.ts'
import { until } from '../../support/until.ts'

const DAY_MS = 86_400_000

let testDatabase: TestDatabase
let database: Database
let project: TestProject
let directory: string
let lines: string[]
let tally: OutcomeTally
let intake: Intake
let spool: Spool
let running: SupervisionHandle | undefined
/** What stands between the line and PostgreSQL; each test sets its own. */
let obstacle: (batch: readonly Encoded[]) => Promise<unknown>
let away: boolean

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  database = openDatabase(testDatabase.url)
})
afterAll(async () => {
  await database?.close()
  await testDatabase?.drop()
})
beforeEach(async () => {
  project = await insertProject(database.write)
  await ensurePartitions(keeper)
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'mesher-line-'))
  lines = []
  tally = createOutcomeTally()
  intake = createIntake()
  obstacle = async () => {}
  away = false
  const log = ({ message }: { message: string }) => lines.push(message)
  spool = createSpool({ root: path.join(directory, 'spool'), maxBytes: 1e9, log })
})
afterEach(async () => {
  await running?.stop()
  running = undefined
  await spool.close()
  fs.rmSync(directory, { recursive: true, force: true })
})

const keeper = {
  get pool() {
    return database.write
  },
  now: Date.now,
}

function start(): void {
  const deps = {
    intake,
    spool,
    tally,
    async write(batch: readonly Encoded[]): Promise<Verdict[]> {
      await obstacle(batch)
      return writeBatch(database.write, batch)
    },
    ensurePartitions: () => ensurePartitions(keeper),
    answers: async () => !away,
    now: Date.now,
    stored: () => {},
    log: ({ message }: { message: string }) => lines.push(message),
    spools: true,
  }
  running = supervise({
    id: 'root',
    strategy: 'one_for_one',
    maxRestarts: 50,
    withinMs: 10_000,
    backoff: { initialMs: 5, maxMs: 20 },
    children: [
      spoolKeeper(spool),
      patience(deps),
      spooler(deps),
      replayer(deps),
      writer('writer-1', deps),
      writer('writer-2', deps),
    ],
  })
}

const event = (options: { receivedAt?: number; retentionDays?: number } = {}): Encoded =>
  encodedEvent({ projectId: project.projectId, ...options })
const poisoned = (): Encoded => {
  const encoded = event()
  return { ...encoded, row: { ...encoded.row, search: "'unterminated" } }
}
const countEvents = async () =>
  (await database.write.query(`select count(*) as n from event where project_id = $1`, [project.projectId]))
    .rows[0].n as number
const spooledAll = (events: readonly Encoded[]) => spool.append(events.map(toRecord))
const empty = () => until(() => spool.state().events === 0, 10_000)
const submitAll = (n: number) => Promise.all(Array.from({ length: n }, () => intake.submit(event())))
const machineFault = () => Promise.reject(Object.assign(new Error('restarting'), { code: '57P01' }))

describe('PostgreSQL does not answer', () => {
  it.each([
    ['hangs', () => new Promise<never>(() => {})],
    ['fails', machineFault],
  ])('RESIL-01: it %s: events are kept and acknowledged, then stored', async (_, fault) => {
    away = true
    obstacle = fault
    start()
    // One batch for each writer: none is left to take the next.
    const first = intake.submit(event())
    await until(() => intake.waiting === 0, 1_000)
    const verdicts = await Promise.all([first, ...Array.from({ length: 299 }, () => intake.submit(event()))])
    expect(verdicts).toEqual(Array(300).fill({ outcome: 'stored' }))
    expect(intake.diverted).toBe(true)
    expect(spool.state().events).toBe(300)
    expect(await countEvents()).toBe(0)
    // Nothing of it is counted here: the transaction that stores it does.
    expect(tally.take()).toEqual([])
    // A replayer that hangs in a statement is the pool's to free; here it is felled.
    obstacle = async () => {}
    away = false
    running!.crash('replayer', new Error('injected'))
    await until(async () => (await countEvents()) === 300, 10_000)
    await empty()
    expect(intake.diverted).toBe(false)
    // The writers have let go of what they held: new events are theirs at once.
    await submitAll(5)
    expect(await countEvents()).toBe(305)
    expect(lines.filter((line) => line.startsWith('PostgreSQL does not answer'))).toHaveLength(1)
  })

  it('RESIL-01: a commit that comes after all, and the spool’s copy, are one event', async () => {
    away = true
    const late: PromiseWithResolvers<void> = Promise.withResolvers()
    obstacle = () => late.promise
    start()
    const verdicts = await submitAll(20)
    expect(verdicts.every(({ outcome }) => outcome === 'stored')).toBe(true)
    away = false
    late.resolve()
    await empty()
    expect(await countEvents()).toBe(20)
  })

  it('RESIL-01: the spooler falls again and again and every sender gets its answer', async () => {
    away = true
    obstacle = machineFault
    start()
    await submitAll(1)
    const verdicts: Promise<Verdict>[] = []
    for (let round = 0; round < 20; round++) {
      for (let i = 0; i < 20; i++) verdicts.push(intake.submit(event()))
      running!.crash('spooler', new Error('injected'))
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect((await Promise.all(verdicts)).every(({ outcome }) => outcome === 'stored')).toBe(true)
    expect(spool.state().events).toBe(401)
  })

  it('RESIL-01: stopped meanwhile, the line keeps what it has accepted', async () => {
    away = true
    obstacle = machineFault
    start()
    const verdicts = submitAll(50)
    await running!.stop()
    expect((await verdicts).every(({ outcome }) => outcome === 'stored')).toBe(true)
    obstacle = async () => {}
    spool = createSpool({ root: path.join(directory, 'spool'), maxBytes: 1e9, log: () => {} })
    start()
    await until(async () => (await countEvents()) === 50, 10_000)
  })
})

describe('the backlog', () => {
  it('RESIL-01: does not hold up what comes once PostgreSQL answers', async () => {
    const backlog = Array.from({ length: 40 }, () => event({ receivedAt: Date.now() - 60_000 }))
    await spooledAll(backlog)
    const ids = new Set(backlog.map(({ eventId }) => eventId))
    const gate: PromiseWithResolvers<void> = Promise.withResolvers()
    obstacle = async (batch) => {
      if (batch.some(({ eventId }) => ids.has(eventId))) await gate.promise
    }
    start()
    expect(await intake.submit(event())).toEqual({ outcome: 'stored' })
    expect(await countEvents()).toBe(1)
    gate.resolve()
    await until(async () => (await countEvents()) === 41, 10_000)
  })

  it('RESIL-01: keeps the stamps, also across a turn of the week, and meets a second delivery there', async () => {
    const receivedAt = Date.now() - 8 * DAY_MS
    const [first, second] = [event({ receivedAt }), event({ receivedAt })]
    // The sender has repeated it, by another node and in a later week, before the spool's copy is stored.
    const again = encodedEvent({
      projectId: project.projectId,
      eventId: second.eventId,
      receivedAt: receivedAt + 7 * DAY_MS,
    })
    expect(again.stamp.expiresOn).not.toBe(second.stamp.expiresOn)
    await writeBatch(database.write, [again])
    await spooledAll([
      { ...first, stamp: { ...first.stamp, previousExpiresOn: null } },
      { ...second, stamp: { ...second.stamp, previousExpiresOn: null } },
    ])
    start()
    await empty()
    const { rows } = await database.write.query(
      `select replace(event_id::text, '-', '') as id, received_at, expires_on::text as day from event
       where project_id = $1 order by received_at`,
      [project.projectId],
    )
    expect(rows).toEqual([
      { id: first.eventId, received_at: new Date(receivedAt), day: first.stamp.expiresOn },
      { id: second.eventId, received_at: new Date(again.stamp.receivedAt), day: again.stamp.expiresOn },
    ])
  })

  it('RESIL-01: an event that cannot be stored is set aside and counted, the others are stored', async () => {
    const events = Array.from({ length: 30 }, (_, i) => (i === 11 ? poisoned() : event()))
    await spooledAll(events)
    start()
    await empty()
    expect(await countEvents()).toBe(29)
    expect(tally.take()).toMatchObject([{ outcome: 'invalid', n: 1 }])
    expect(fs.readdirSync(path.join(directory, 'spool', 'aside'))).toHaveLength(1)
  })

  it('RESIL-01: one that fails for no known reason is blamed only when others can be stored', async () => {
    const bad = event()
    let broken = true
    obstacle = async (batch) => {
      if (broken || batch.some(({ eventId }) => eventId === bad.eventId)) throw new Error('no reason')
    }
    await spooledAll([...Array.from({ length: 9 }, () => event()), bad])
    start()
    await until(() => lines.includes('The spool waits for PostgreSQL'), 5_000)
    expect(spool.state().events).toBe(10)
    expect(fs.existsSync(path.join(directory, 'spool', 'aside'))).toBe(false)
    broken = false
    await empty()
    expect(await countEvents()).toBe(9)
    expect(tally.take()).toMatchObject([{ outcome: 'invalid', n: 1 }])
  })

  it('what is past its retention is not stored any more, but counted', async () => {
    await spooledAll([event({ receivedAt: Date.now() - 40 * DAY_MS, retentionDays: 30 }), event()])
    start()
    await empty()
    expect(await countEvents()).toBe(1)
    expect(tally.take()).toMatchObject([{ outcome: 'discarded', n: 1 }])
  })

  it('a record that is no event is set aside', async () => {
    await spool.append([{ at: 1, payload: Buffer.from('not an event') }, toRecord(event())])
    start()
    await empty()
    expect(await countEvents()).toBe(1)
    expect(lines).toContain('Part of the spool was set aside')
  })
})

describe('without a place to keep them', () => {
  it('RESIL-01: events are refused and counted, and the next are stored when PostgreSQL is back', async () => {
    away = true
    obstacle = machineFault
    fs.writeFileSync(path.join(directory, 'spool'), 'no directory')
    start()
    const verdicts = await submitAll(10)
    expect(verdicts.every(({ outcome }) => outcome === 'overloaded')).toBe(true)
    expect(tally.take()).toMatchObject([{ outcome: 'overloaded', n: 10 }])
    obstacle = async () => {}
    away = false
    await until(() => !intake.diverted, 5_000)
    expect(await intake.submit(event())).toEqual({ outcome: 'stored' })
  })
})
