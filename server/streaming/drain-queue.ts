// What is on its way to one socket. While the peer reads, messages leave together, one system call a turn of the event
// loop; while it does not, the newest so many wait here, the oldest go, and one message says how many went. So a peer
// that never reads costs a fixed amount of memory, and nobody else anything.
//
//   flowing → (too much is unread) → waiting → (hardly anything is unread) → flowing
import { KiB, LIVE_RING } from '#shared/constants/limits.ts'

/** The end of a socket that messages are written to. */
export interface Sink {
  /** Writes these as messages, together. */
  write(texts: readonly string[]): void
  /** Bytes written and not yet taken by the system. */
  unread(): number
}

/** Of one socket in this process; the system keeps as much again. */
const HIGH_BYTES = 64 * KiB
const LOW_BYTES = 8 * KiB

export interface DrainQueue {
  push(text: string): void
  /** Writes what may be written. Called once a turn, and when the socket drained. */
  flush(): void
  readonly waiting: number
}

export function createDrainQueue(sink: Sink): DrainQueue {
  const queue: string[] = []
  let dropped = 0
  let blocked = false
  return {
    push(text) {
      queue.push(text)
      trim()
    },
    flush() {
      const unread = sink.unread()
      if (unread > LOW_BYTES && (blocked || unread > HIGH_BYTES)) {
        blocked = true
        return
      }
      let room = HIGH_BYTES - unread
      let n = 0
      while (n < queue.length && room > 0) room -= queue[n++]!.length
      const texts = queue.splice(0, n)
      if (dropped > 0) texts.unshift(JSON.stringify({ type: 'dropped', count: dropped }))
      dropped = 0
      blocked = queue.length > 0
      if (texts.length > 0) sink.write(texts)
    },
    get waiting() {
      return queue.length
    },
  }

  function trim(): void {
    if (queue.length <= LIVE_RING) return
    queue.shift()
    dropped++
  }
}
