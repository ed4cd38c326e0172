// Where accepted events wait for a writer. In: an encoded event; out: the promise of its verdict, which the door waits
// for, because 202 means durable. It outlives its writers: one that crashes puts its batch back and the next goes on.
//
// open → (nothing was answered for a while) → diverted → (PostgreSQL answers) → open
// While it is diverted, everything that has no verdict yet, in a writer's hand too, belongs to the spool, and so does
// what still comes. Who diverts and who opens it again is not its business.
import { createMailbox } from '#server/runtime/mailbox.ts'
import { INFLIGHT_BUDGET_BYTES, MAX_BATCH_BYTES, MAX_BATCH_EVENTS } from '#shared/constants/limits.ts'
import type { Encoded } from './event-states.ts'
import type { Verdict } from './outcome.ts'

const MAX_WAITING = 50_000
/** What an event costs in memory beside its payload: titles, tags, lexemes, the promise. */
const OVERHEAD_BYTES = 1_024
/** Of one fsync of the spool. */
const MAX_SPOOLED_EVENTS = 5_000

/**
 * A batch costs PostgreSQL as much before its first row as twenty rows do (measured): two writers that halve what
 * waits between them cost more than they gain, until one of them alone could not take it all.
 */
const HELPING = { atLeast: MAX_BATCH_EVENTS / 2, afterMs: 25 }

export interface Waiting {
  event: Encoded
  /** performance.now() when it was submitted. */
  since: number
  /** Batches it was in that did not end well. */
  attempts: number
  /** It has its verdict. */
  settled: boolean
  /** It belongs to the spool: a writer that still holds it lets go. */
  diverted: boolean
  /** performance.now() after which it need not be begun any more: the node that sent it has stopped waiting. */
  expiresAt: number
  /** The first verdict counts. */
  settle(verdict: Verdict): void
}

export interface Intake {
  /** The verdict, once there is one; `overloaded` at once when there is no room. @param expiresAt see Waiting */
  submit(event: Encoded, expiresAt?: number): Promise<Verdict>
  /** For writers. `helping`: a second one, which leaves small batches to the first while that one keeps up. */
  take(signal: AbortSignal, helping: boolean): Promise<Waiting[]>
  takeNow(): Waiting[]
  putBack(batch: readonly Waiting[]): void
  /** How long events have been waiting without any of them being answered, ms; 0 when none waits. */
  readonly stalledMs: number
  /** What has had no verdict for this long, oldest first. */
  olderThan(ms: number): Waiting[]
  divert(): void
  resume(): void
  readonly diverted: boolean
  /** Calls back at the next diversions, until the function it returns is called. */
  onDivert(listener: () => void): () => void
  /** For the spool. */
  takeDiverted(signal: AbortSignal): Promise<Waiting[]>
  takeDivertedNow(): Waiting[]
  readonly waiting: number
  readonly waitingBytes: number
}

/** Said of an event that nobody could keep. */
export const OVERLOADED: Verdict = { outcome: 'overloaded', retryAfterSeconds: 5 }
/** Said at once, by the intake itself: it is full. */
export const NO_ROOM: Verdict = { outcome: 'overloaded', retryAfterSeconds: 5 }
const bytesOf = (item: Waiting) => item.event.bytes + OVERHEAD_BYTES

/** @param now monotonic, ms */
export function createIntake(now: () => number = () => performance.now()): Intake {
  const limits = { maxItems: MAX_WAITING, maxBytes: INFLIGHT_BUDGET_BYTES }
  const mailbox = createMailbox<Waiting>(limits)
  const divertedMailbox = createMailbox<Waiting>(limits)
  /** In the order they came: waiting or in somebody's hand. */
  const open = new Set<Waiting>()
  const listeners = new Set<() => void>()
  let answeredAt = -Infinity
  let diverted = false

  return {
    submit(event, expiresAt = Infinity) {
      return new Promise((resolve) => {
        const item: Waiting = {
          event,
          since: now(),
          attempts: 0,
          settled: false,
          diverted,
          expiresAt,
          settle(verdict) {
            if (item.settled) return
            item.settled = true
            open.delete(item)
            if (verdict.outcome !== 'overloaded') answeredAt = now()
            resolve(verdict)
          },
        }
        if ((diverted ? divertedMailbox : mailbox).offer(item, bytesOf(item))) open.add(item)
        else resolve(NO_ROOM)
      })
    },
    take: (signal, helping) =>
      mailbox.take(MAX_BATCH_EVENTS, MAX_BATCH_BYTES, signal, helping ? HELPING : undefined),
    takeNow: () => mailbox.takeNow(MAX_BATCH_EVENTS, MAX_BATCH_BYTES),
    putBack: (batch) => mailbox.requeue(batch, bytesOf),
    get stalledMs() {
      const [oldest] = open
      return oldest ? Math.max(0, now() - Math.max(oldest.since, answeredAt)) : 0
    },
    olderThan(ms) {
      const limit = now() - ms
      const found: Waiting[] = []
      for (const item of open) {
        if (item.since > limit) break
        found.push(item)
      }
      return found
    },
    divert() {
      if (diverted) return
      diverted = true
      while (mailbox.size > 0) mailbox.takeNow(MAX_WAITING, Infinity)
      const moved = [...open].filter((item) => !item.diverted)
      for (const item of moved) item.diverted = true
      divertedMailbox.requeue(moved, bytesOf)
      for (const listener of [...listeners]) listener()
    },
    resume() {
      diverted = false
    },
    get diverted() {
      return diverted
    },
    onDivert(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    takeDiverted: (signal) => divertedMailbox.take(MAX_SPOOLED_EVENTS, MAX_BATCH_BYTES, signal),
    takeDivertedNow: () => divertedMailbox.takeNow(MAX_SPOOLED_EVENTS, MAX_BATCH_BYTES),
    get waiting() {
      return mailbox.size + divertedMailbox.size
    },
    get waitingBytes() {
      return mailbox.bytes + divertedMailbox.bytes
    },
  }
}
