// What a socket has sent of a message that is not whole yet. It is held in memory like any body that is being read, so
// it is taken from the node's one budget; otherwise a thousand sockets with half a megabyte each would end the process.
//
// The library does not say what it holds. Counted are the bytes that arrived since a message was last complete, without
// control frames; what stands behind a complete message in the same read (64 KiB at most) is the socket's own cost.
import type { ByteBudget } from '#server/pipeline/byte-budget.ts'

const CONTROL_HEADER_BYTES = 6

export interface PartialMessage {
  /** A read is over. @returns false when the budget is spent: the message cannot be held */
  read(bytes: number, now: number): boolean
  /** A message became complete. */
  complete(): void
  /** A ping or pong came between. */
  control(payloadBytes: number): void
  /** When the message began to arrive; undefined while none is on its way. */
  readonly since: number | undefined
  release(): void
}

export function createPartialMessage(budget: ByteBudget): PartialMessage {
  let held = 0
  let since: number | undefined
  let completed = false
  let controlBytes = 0
  const release = () => {
    budget.give(held)
    held = 0
    since = undefined
  }
  return {
    read(bytes, now) {
      const more = completed ? 0 : Math.max(0, bytes - controlBytes)
      completed = false
      controlBytes = 0
      if (more === 0) return true
      if (!budget.tryTake(more)) return false
      held += more
      since ??= now
      return true
    },
    complete() {
      completed = true
      if (held > 0) release()
    },
    control(payloadBytes) {
      controlBytes += payloadBytes + CONTROL_HEADER_BYTES
    },
    get since() {
      return since
    },
    release,
  }
}
