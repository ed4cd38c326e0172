// The answers of one socket: collected during a turn of the event loop, written together (one system call for a batch of
// acknowledgements instead of one each), and watched: who does not read them must not fill the memory with them.
import { performance } from 'node:perf_hooks'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { KiB, MiB } from '#shared/constants/limits.ts'

/** A thousand sockets that read nothing come to a quarter of a GiB, not to all there is. */
const HIGH_BYTES = 256 * KiB
/** What was under way when reading stopped comes on top; never that much, or something is wrong with the peer. */
const TOO_MANY_BYTES = 8 * MiB

export interface Answers {
  push(text: string): void
  /** Writes what was pushed, and looks at what is unread. */
  send(): void
  /** performance.now() since too much is unread; undefined again once it was read. */
  readonly unreadSince: number | undefined
  readonly tooMany: boolean
}

export function createAnswers(ws: WebSocket, connection: Duplex): Answers {
  let waiting: string[] = []
  let unreadSince: number | undefined
  return {
    push(text) {
      waiting.push(text)
    },
    send() {
      if (waiting.length > 0 && ws.readyState === ws.OPEN) {
        connection.cork()
        for (const text of waiting) ws.send(text)
        connection.uncork()
      }
      waiting = []
      // Once high it stays so until hardly anything is left: above that bound the connection will say `drain`.
      const unread = ws.bufferedAmount
      if (unread > HIGH_BYTES) unreadSince ??= performance.now()
      else if (unread < connection.writableHighWaterMark) unreadSince = undefined
    },
    get unreadSince() {
      return unreadSince
    },
    get tooMany() {
      return ws.bufferedAmount > TOO_MANY_BYTES
    },
  }
}
