// A writer: takes whatever waits in the intake, stores it, tells every sender. Natural batching: what arrives while
// one batch commits is the next batch, so there is no delay to tune.
//
// What can go wrong with a batch, by SQLSTATE class (design §3.2):
// - 22, 23, 54: some event's data. The batch is split until that event stands alone; it is `invalid`, the rest stored.
// - 08, 40, 53, 55, 57 and lost connections: the machine. The batch is tried again whole, with its stamps, for as long
//   as its events are the writer's: the watch over the intake (patience.ts) hands them to the spool or gives them up,
//   and then the writer lets go, even in the middle of a statement that nobody answers. A full disk is said at once.
// - a missing partition: the keeper is asked, and the batch waits for it.
// - anything else: split once, then it is the supervisor's: the batch goes back and the writer falls.
import { setTimeout as delay } from 'node:timers/promises'
import type { ChildContext, ChildSpec } from '#server/runtime/supervisor.ts'
import { Shutdown } from '#server/runtime/supervisor.ts'
import { OVERLOADED, type Intake, type Waiting } from '#server/pipeline/intake.ts'
import type { OutcomeTally, Verdict } from '#server/pipeline/outcome.ts'
import type { Encoded } from '#server/pipeline/event-states.ts'

export interface WriterDeps {
  intake: Intake
  tally: OutcomeTally
  write(batch: readonly Encoded[]): Promise<Verdict[]>
  /** Resolves when the partitions that now is in exist. */
  ensurePartitions(): Promise<void>
  /** Called after each commit with the number of events stored. */
  stored(n: number): void
  log(line: { message: string; [field: string]: unknown }): void
}

const RETRY_MIN_MS = 50
const RETRY_MAX_MS = 1_000
/** An event that was in this many fallen writers' hands is tried alone; in one more, it is the cause. */
const SUSPECT_AFTER = 2

/** @param helping it leaves small batches to the writer before it */
export function writer(id: string, deps: WriterDeps, helping = false): ChildSpec {
  return { id, restart: 'permanent', shutdownMs: 8_000, start: (context) => run(deps, context, helping) }
}

async function run(deps: WriterDeps, { signal, ready }: ChildContext, helping: boolean): Promise<void> {
  ready()
  while (!signal.aborted) {
    const hand = { batch: begun(await deps.intake.take(signal, helping)), open: true }
    if (hand.batch.length > 0) await unlessLetGo(signal, hand, deps)
  }
  if (!(signal.reason instanceof Shutdown)) throw signal.reason
  // Accepted and waiting: written before we go.
  for (let batch = deps.intake.takeNow(); batch.length > 0; batch = deps.intake.takeNow())
    await unlessLetGo(signal, { batch: begun(batch), open: true }, deps)
}

/**
 * Without what another node sent and has given up meanwhile: it has told its senders, and counted it. What was in a
 * batch before is finished all the same.
 */
function begun(batch: readonly Waiting[]): readonly Waiting[] {
  const now = performance.now()
  const isDue = (item: Waiting) => item.expiresAt > now || item.attempts > 0
  if (batch.every(isDue)) return batch
  for (const item of batch) if (!isDue(item)) item.settle(OVERLOADED)
  return batch.filter(isDue)
}

/**
 * Stores the batch, until it is the writer's no more. Diverted to the spool: the next batch is taken, and what became
 * of this one's statement does not matter (ids make a late commit harmless). Felled: the batch goes back at once and
 * the fall is the writer's.
 */
async function unlessLetGo(signal: AbortSignal, hand: Hand, deps: WriterDeps): Promise<void> {
  // One promise a batch: waiting on one for the writer's whole life would keep every batch it ever had.
  const felled = Promise.withResolvers<never>()
  const diverted: PromiseWithResolvers<void> = Promise.withResolvers()
  const forget = deps.intake.onDivert(() => {
    markTried(hand.batch)
    diverted.resolve()
  })
  const onAbort = () => {
    if (!(signal.reason instanceof Shutdown)) felled.reject(signal.reason)
  }
  signal.addEventListener('abort', onAbort)
  try {
    await Promise.race([guarded(deps, hand, signal), felled.promise, diverted.promise])
  } catch (error) {
    fall(deps, hand, error)
  } finally {
    forget()
    signal.removeEventListener('abort', onAbort)
  }
}

/** A batch in a writer's hand; closed once it went back, so that it goes back once. */
interface Hand {
  batch: readonly Waiting[]
  open: boolean
}

/** Their last transaction may have been committed although nobody heard of it. */
function markTried(items: readonly Waiting[]): void {
  for (const { event } of items) event.tried = true
}

const isOurs = (item: Waiting): boolean => !item.settled && !item.diverted

/** The batch goes back to the front for the next writer. What was in flight may still commit: ids make that harmless. */
function fall(deps: WriterDeps, hand: Hand, error: unknown): never {
  if (hand.open) {
    hand.open = false
    const unsettled = hand.batch.filter(isOurs)
    markTried(unsettled)
    for (const item of unsettled) item.attempts++
    deps.intake.putBack(unsettled)
  }
  throw error
}

async function guarded(deps: WriterDeps, hand: Hand, signal: AbortSignal): Promise<void> {
  const { batch } = hand
  const suspects = batch.filter((item) => item.attempts >= SUSPECT_AFTER)
  if (suspects.length === 0) return store(deps, batch, signal, true).catch((error) => fall(deps, hand, error))
  const rest = batch.filter((item) => item.attempts < SUSPECT_AFTER)
  if (rest.length > 0) await store(deps, rest, signal, true).catch((error) => fall(deps, hand, error))
  for (const item of suspects)
    await store(deps, [item], signal, true).catch((error) => {
      if (item.attempts > SUSPECT_AFTER) return refuse(deps, item, 'It could not be stored.', error)
      return fall(deps, hand, error)
    })
}

async function store(
  deps: WriterDeps,
  batch: readonly Waiting[],
  signal: AbortSignal,
  maySplit: boolean,
): Promise<void> {
  let waiting = batch.filter(isOurs)
  for (let attempt = 0; waiting.length > 0; attempt++) {
    try {
      const verdicts = await deps.write(waiting.map((item) => item.event))
      let stored = 0
      for (const [i, item] of waiting.entries()) {
        const verdict = verdicts[i]!
        if (verdict.outcome === 'stored') stored++
        item.settle(verdict)
      }
      deps.stored(stored)
      return
    } catch (error) {
      waiting = waiting.filter(isOurs)
      if (waiting.length === 0) return
      const kind = classify(error)
      if (kind === 'machine' || kind === 'unknown') markTried(waiting)
      if (kind === 'partition') await deps.ensurePartitions()
      else if (kind === 'data' || (kind === 'unknown' && maySplit && waiting.length > 1)) {
        if (waiting.length === 1) return refuse(deps, waiting[0]!, reasonOf(error), error)
        const half = waiting.length >> 1
        await store(deps, waiting.slice(0, half), signal, kind === 'data')
        await store(deps, waiting.slice(half), signal, kind === 'data')
        return
      } else if (kind === 'unknown') throw error
      else {
        if (attempt === 0)
          deps.log({ message: 'A batch is tried again', error: reasonOf(error), events: waiting.length })
        if (kind === 'full') return giveUp(deps, waiting)
        await delay(Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** attempt))
        waiting = waiting.filter(isOurs)
      }
    }
  }
}

/** Their senders hear 503, and it is counted. */
export function giveUp({ tally }: Pick<WriterDeps, 'tally'>, items: readonly Waiting[]): void {
  for (const item of items) {
    if (item.settled) continue
    tally.count(item.event.projectId, 'overloaded', item.event.stamp.receivedAt)
    item.settle(OVERLOADED)
  }
}

function refuse(deps: WriterDeps, item: Waiting, reason: string, error: unknown): void {
  deps.log({ message: 'An event could not be stored', event: item.event.eventId, error: reasonOf(error) })
  deps.tally.count(item.event.projectId, 'invalid', item.event.stamp.receivedAt)
  item.settle({ outcome: 'invalid', reason })
}

type Failure = 'data' | 'machine' | 'full' | 'partition' | 'unknown'

/** What a failed transaction says about whose fault it was. */
export function classify(error: unknown): Failure {
  const { code, routine } = error as { code?: unknown; routine?: unknown }
  if (typeof code !== 'string') {
    // node-postgres: a connection that ended, or none to be had within the time.
    return /connection|timeout|terminated|ECONN/i.test(String((error as Error)?.message))
      ? 'machine'
      : 'unknown'
  }
  if (code === '23514' && routine === 'ExecFindPartition') return 'partition'
  if (code === '53100') return 'full'
  if (/^(22|23|54)/.test(code) && code.length === 5) return 'data'
  // 25006: a server that became a read-only replica, as happens at a failover.
  if (/^(08|40|53|55|57|25006)/.test(code) || /^E[A-Z]+$/.test(code)) return 'machine'
  return 'unknown'
}

const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message.slice(0, 200) : 'It could not be stored.'
