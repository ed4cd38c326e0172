// COPY through node-postgres, in both directions and with back-pressure: rows as PostgreSQL's own text, never more in
// memory than a few blocks. Leans on what node-postgres offers to query objects of others (`submit` and the `handle…`
// methods). Whatever the connection says goes to the one that waits.
import { once } from 'node:events'
import type pg from 'pg'

/** Rows collected before they are handed on. */
const BLOCK_BYTES = 256 * 1024

export interface Block {
  rows: number
  bytes: Buffer
}

/** What its type does not tell of node-postgres' connection. */
type Connection = pg.Connection & {
  sendCopyFromChunk(chunk: Buffer): void
  endCopyFrom(): void
  sendCopyFail(reason: string): void
}

/** The part of a query object that node-postgres calls for a COPY. */
interface CopyQuery extends pg.Submittable {
  handleError(error: Error): void
  handleCommandComplete(message: { text: string }): void
  handleReadyForQuery(): void
  handleCopyData?(message: { chunk: Buffer }, connection: pg.Connection): void
  handleCopyInResponse?(connection: pg.Connection): void
}

/** `COPY … TO STDOUT`, in blocks of whole rows. Reading is stopped while nobody takes them. */
export async function* copyOut(client: pg.Client, text: string): AsyncGenerator<Block> {
  let waiting: Buffer[] = []
  let rows = 0
  let bytes = 0
  let over = false
  let left = false
  let failure: Error | undefined
  let connection: pg.Connection | undefined
  let wake = () => {}

  const query: CopyQuery = {
    submit(of) {
      connection = of
      of.query(text)
    },
    handleCopyData({ chunk }, { stream }) {
      if (left) return
      waiting.push(Buffer.from(chunk)) // a view into a buffer that is used again
      rows++
      bytes += chunk.length
      if (bytes < BLOCK_BYTES) return
      stream.pause()
      wake()
    },
    handleCommandComplete() {},
    handleReadyForQuery() {
      over = true
      wake()
    },
    handleError(error) {
      failure ??= error
      over = true
      wake()
    },
  }
  client.query(query)
  try {
    for (;;) {
      if (!over && bytes < BLOCK_BYTES) {
        await new Promise<void>((resolve) => {
          wake = resolve
          connection?.stream.resume()
        })
      }
      if (failure) throw failure
      if (rows > 0) {
        const block = { rows, bytes: Buffer.concat(waiting) }
        waiting = []
        rows = bytes = 0
        yield block
      }
      if (over && rows === 0) return
    }
  } finally {
    left = true
    connection?.stream.resume()
  }
}

/** `COPY … FROM STDIN`. @returns how many rows PostgreSQL took */
export async function copyIn(
  client: pg.Client,
  text: string,
  blocks: AsyncIterable<Buffer>,
): Promise<number> {
  const asked: PromiseWithResolvers<Connection> = Promise.withResolvers()
  const answered: PromiseWithResolvers<number> = Promise.withResolvers()
  answered.promise.catch(() => {}) // it may fail before anybody waits for it
  let taken = 0
  let failed = false
  const query: CopyQuery = {
    submit: (connection) => connection.query(text),
    handleCopyInResponse: (connection) => asked.resolve(connection as Connection),
    handleCommandComplete(message) {
      taken = Number(message.text.split(' ').at(-1))
    },
    handleReadyForQuery: () => answered.resolve(taken),
    handleError(error) {
      failed = true
      asked.reject(error)
      answered.reject(error)
    },
  }
  client.query(query)
  const connection = await asked.promise
  try {
    for await (const block of blocks) {
      if (failed) break // PostgreSQL reads on and throws away; its reason is in `answered`
      connection.sendCopyFromChunk(block)
      if (connection.stream.writableNeedDrain)
        await Promise.race([once(connection.stream, 'drain'), answered.promise])
    }
  } catch (error) {
    if (!failed) {
      connection.sendCopyFail('the reader of the backup stopped')
      await answered.promise.catch(() => {})
    }
    throw error
  }
  if (!failed) connection.endCopyFrom()
  return answered.promise
}
