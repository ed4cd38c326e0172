// The replayer: stores what the spool keeps, oldest first, with the stamps it was given at the door. It is also what
// notices that PostgreSQL is back: the first answer opens the intake again.
//
// From then on new events go to the writers and the backlog to this process, as one writer beside them. New events do
// not queue behind the backlog: an event's place is its stamp, never the moment it was written (several nodes write at
// once anyway), and a spool that only shrinks once PostgreSQL answers is empty some time, whatever arrives; one that
// everything passes through would, at a rate near what this machine can store, never be.
//
// An event that PostgreSQL refuses was acknowledged all the same: it is set aside, not dropped, and counted `invalid`.
// Without a hint whose fault a failure is, an event is blamed only when others of its slice could be stored.
import { pause } from '#server/runtime/pause.ts'
import type { ChildSpec } from '#server/runtime/supervisor.ts'
import { MAX_BATCH_BYTES, MAX_BATCH_EVENTS } from '#shared/constants/limits.ts'
import { replayStamp } from '#server/domain/ingest/stamp.ts'
import type { Encoded } from '#server/pipeline/event-states.ts'
import type { Intake } from '#server/pipeline/intake.ts'
import type { Outcome } from '#shared/schemas/stats.ts'
import type { OutcomeTally } from '#server/pipeline/outcome.ts'
import { fromRecord } from '#server/spool/event-record.ts'
import type { Slice, Spool } from '#server/spool/spool.ts'
import type { SpoolRecord } from '#server/spool/segment.ts'
import { classify } from './writer.ts'

export interface ReplayerDeps {
  intake: Intake
  spool: Spool
  tally: OutcomeTally
  /** Stores a batch in one transaction. */
  write(batch: readonly Encoded[]): Promise<unknown>
  ensurePartitions(): Promise<void>
  /** Whether PostgreSQL answers a question now. */
  answers(): Promise<boolean>
  /** PostgreSQL's clock, ms since the epoch. */
  now(): number
  log(line: { message: string; [field: string]: unknown }): void
}

const IDLE_MS = 250
const RETRY_MIN_MS = 50
const RETRY_MAX_MS = 1_000
/** So many single events failing for no known reason, and none stored: it is not the events. */
const MAX_BLAMED = 3

/** One event with the record it was read from. */
interface Spooled {
  event: Encoded
  record: SpoolRecord
}

export function replayer(deps: ReplayerDeps): ChildSpec {
  const { intake, spool } = deps
  return {
    id: 'replayer',
    restart: 'permanent',
    shutdownMs: 2_000,
    async start({ signal, ready }) {
      ready()
      // After a failure, and for what another process left, nobody knows what of a slice is stored.
      let certain = false
      for (let failures = 0; !signal.aborted;) {
        const slice = await spool.peek(MAX_BATCH_EVENTS, MAX_BATCH_BYTES)
        if (!slice) {
          // Nothing could be kept (a full disk, say): somebody has to notice all the same.
          if (intake.diverted && (await deps.answers())) reopen(deps)
          await pause(IDLE_MS, signal)
          continue
        }
        try {
          await replay(deps, slice, certain)
          await spool.done(slice)
          certain = true
          failures = 0
        } catch (error) {
          certain = false
          if (failures === 0) deps.log({ message: 'The spool waits for PostgreSQL', error })
          await pause(Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** failures++), signal)
        }
      }
    },
  }
}

function reopen({ intake, spool, log }: ReplayerDeps): void {
  if (!intake.diverted) return
  log({ message: 'PostgreSQL answers again', spooled: spool.state().events })
  intake.resume()
}

/** Stores a slice; when it returns, nothing of it needs the spool any more. */
async function replay(deps: ReplayerDeps, { records }: Slice, certain: boolean): Promise<void> {
  const { wanted, unreadable, expired } = read(deps, records)
  if (!certain) for (const { event } of wanted) event.tried = true
  const attempt: Attempt = { stored: 0, refused: [], blamed: [], partitionsMade: false }
  await store(deps, wanted, attempt)
  if (attempt.blamed.length > 0 && attempt.stored === 0) throw attempt.blamed[0]!.error
  const refused = [...attempt.refused, ...attempt.blamed]
  const refusedRecords = refused.map(({ spooled }) => spooled.record)
  const events = refused.map(({ spooled }) => spooled.event)
  // Counted last: what fails before this point is all done again.
  if (unreadable.length > 0) await deps.spool.setAside(unreadable, 'no event of this version')
  if (refused.length > 0) await deps.spool.setAside(refusedRecords, wordsOf(refused[0]!.error))
  count(deps, events, 'invalid')
  count(deps, expired, 'discarded')
}

function read(deps: ReplayerDeps, records: readonly SpoolRecord[]) {
  const wanted: Spooled[] = []
  const unreadable: SpoolRecord[] = []
  const expired: Encoded[] = []
  const today = new Date(deps.now()).toISOString().slice(0, 10)
  for (const record of records) {
    try {
      const event = fromRecord(record)
      // Its partition is gone, with all that was received in its time.
      if (event.stamp.expiresOn <= today) expired.push(event)
      else wanted.push({ event: { ...event, stamp: replayStamp(event.stamp, deps.now()) }, record })
    } catch {
      unreadable.push(record)
    }
  }
  return { wanted, unreadable, expired }
}

interface Attempt {
  stored: number
  refused: { spooled: Spooled; error: unknown }[]
  blamed: { spooled: Spooled; error: unknown }[]
  partitionsMade: boolean
}

/** @throws what is not the events' fault */
async function store(deps: ReplayerDeps, events: readonly Spooled[], attempt: Attempt): Promise<void> {
  if (events.length === 0) return
  try {
    await deps.write(events.map(({ event }) => event))
    attempt.stored += events.length
    reopen(deps)
  } catch (error) {
    const kind = classify(error)
    if (kind === 'machine' || kind === 'full') throw error
    if (kind === 'unknown') for (const { event } of events) event.tried = true
    if (kind === 'partition' && !attempt.partitionsMade) {
      attempt.partitionsMade = true
      await deps.ensurePartitions()
      return store(deps, events, attempt)
    }
    if (events.length > 1) {
      const half = events.length >> 1
      await store(deps, events.slice(0, half), attempt)
      return store(deps, events.slice(half), attempt)
    }
    const failed = { spooled: events[0]!, error }
    if (kind === 'data') attempt.refused.push(failed)
    else attempt.blamed.push(failed)
    if (attempt.stored === 0 && attempt.blamed.length >= MAX_BLAMED) throw error
  }
}

function count(deps: ReplayerDeps, events: readonly Encoded[], outcome: Outcome): void {
  for (const { projectId, stamp } of events) deps.tally.count(projectId, outcome, stamp.receivedAt)
}

const wordsOf = (error: unknown): string =>
  error instanceof Error ? error.message.slice(0, 200) : 'it could not be stored'
