// A long text as the answer of a door, piece by piece: no faster than the client takes it, and no longer than it is
// there. A failure before the first piece is an answer like any other; behind it the connection is broken off, so that
// nobody takes half a file for a whole one.
import { Readable } from 'node:stream'
import type { H3Event } from 'h3'
import { z } from 'zod'

/** A connection on which nothing moves for so long is given up: a reader who stopped must not keep what is lent. */
const STANDSTILL_MS = 60_000

/** The answer of such a door in its declaration. */
export const textStream = z
  .custom<Readable>((value) => value instanceof Readable)
  .meta({ type: 'string', description: 'Sent as it is made.' })

export async function streamText(event: H3Event, pieces: AsyncGenerator<string, void>): Promise<Readable> {
  const { res } = event.node
  const first = await pieces.next()
  async function* all() {
    try {
      if (first.done) return
      yield first.value
      yield* pieces
    } finally {
      // Also when the client went before the first piece was asked for.
      await pieces.return()
    }
  }
  const stream = Readable.from(all(), { objectMode: false, encoding: 'utf8' })
  res.setTimeout(STANDSTILL_MS, () => res.destroy())
  stream.once('error', () => res.destroy())
  res.once('close', () => {
    stream.destroy()
    void pieces.return()
  })
  if (res.destroyed) stream.destroy()
  return stream
}
