// Where accepted events wait for a writer. In: an encoded event; out: the promise of its verdict, which the door waits
// for, because 202 means durable. It outlives its writers: one that crashes puts its batch back and the next goes on.
import { createMailbox } from '#server/runtime/mailbox.ts'
import { INFLIGHT_BUDGET_BYTES, MAX_BATCH_BYTES, MAX_BATCH_EVENTS } from '#shared/constants/limits.ts'
import type { Encoded } from './event-states.ts'
import type { Verdict } from './outcome.ts'

/** How long an event may wait for PostgreSQL before its sender is told to come back, ms. */
const PATIENCE_MS = 10_000
const MAX_WAITING = 50_000
/** What an event costs in memory beside its payload: titles, tags, lexemes, the promise. */
const OVERHEAD_BYTES = 1_024

/**
 * A batch costs PostgreSQL as much before its first row as twenty rows do (measured): two writers that halve what
 * waits between them cost more than they gain, until one of them alone could not take it all.
 */
const HELPING = { atLeast: MAX_BATCH_EVENTS / 2, afterMs: 25 }

export interface Waiting {
  event: Encoded
  /** performance.now() after which it is given up. */
  deadline: number
  /** Batches it was in that did not end well. */
  attempts: number
  settle(verdict: Verdict): void
}

export interface Intake {
  /** The verdict, once there is one; `overloaded` at once when there is no room. */
  submit(event: Encoded): Promise<Verdict>
  /** `helping`: a second writer, which leaves small batches to the first while that one keeps up. */
  take(signal: AbortSignal, helping: boolean): Promise<Waiting[]>
  takeNow(): Waiting[]
  putBack(batch: readonly Waiting[]): void
  readonly waiting: number
  readonly waitingBytes: number
}

/** Said by a writer that lost patience with PostgreSQL. */
export const OVERLOADED: Verdict = { outcome: 'overloaded', retryAfterSeconds: 5 }
/** Said at once, by the intake itself: it is full. */
export const NO_ROOM: Verdict = { outcome: 'overloaded', retryAfterSeconds: 5 }
const bytesOf = (item: Waiting) => item.event.bytes + OVERHEAD_BYTES

export function createIntake(): Intake {
  const mailbox = createMailbox<Waiting>({ maxItems: MAX_WAITING, maxBytes: INFLIGHT_BUDGET_BYTES })
  return {
    submit(event) {
      return new Promise((settle) => {
        const item: Waiting = { event, deadline: performance.now() + PATIENCE_MS, attempts: 0, settle }
        if (!mailbox.offer(item, bytesOf(item))) settle(NO_ROOM)
      })
    },
    take: (signal, helping) =>
      mailbox.take(MAX_BATCH_EVENTS, MAX_BATCH_BYTES, signal, helping ? HELPING : undefined),
    takeNow: () => mailbox.takeNow(MAX_BATCH_EVENTS, MAX_BATCH_BYTES),
    putBack: (batch) => mailbox.requeue(batch, bytesOf),
    get waiting() {
      return mailbox.size
    },
    get waitingBytes() {
      return mailbox.bytes
    },
  }
}
