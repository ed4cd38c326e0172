// One page of a list, in either direction, from a keyset query. Comes in: the cursor as sent, and a function that reads
// rows. Goes out: the rows in list order and the cursors of the pages beside it.
// One row more than asked for is read: whether there is a next page is known, not guessed.
import type { Keyset, Place } from '#server/storage/keyset.ts'
import { readCursor, writeCursor, type CursorScope } from './cursor.ts'

export interface Page<Row> {
  data: Row[]
  nextCursor: string | null
  previousCursor: string | null
}

export interface PageRequest<Row> {
  scope: CursorScope
  cursor: string | undefined
  limit: number
  placeOf: (row: Row) => Place
  /** Reads rows nearest first; `now` is when the reading of this list began. */
  read: (keyset: Keyset, now: Date) => Promise<Row[]>
}

export async function readPage<Row>(request: PageRequest<Row>): Promise<Page<Row>> {
  const { scope, limit, placeOf, read } = request
  const cursor = request.cursor === undefined ? null : readCursor(scope, request.cursor)
  const startedAt = cursor?.startedAt ?? Date.now()
  const upwards = cursor?.upwards ?? false

  const found = await read({ from: cursor, upwards, limit: limit + 1 }, new Date(startedAt))
  // What lay above has gone: the start of the list is what the reader wants to see.
  if (upwards && found.length === 0) return readPage({ ...request, cursor: undefined })

  const more = found.length > limit
  const data = found.slice(0, limit)
  if (upwards) data.reverse()

  const cursorAt = (place: Place | null | undefined, up: boolean) =>
    place ? writeCursor(scope, { upwards: up, value: place.value, id: place.id, startedAt }) : null
  const first = data[0]
  const last = data.at(-1)
  const above = upwards ? more : cursor !== null
  const below = upwards || more
  return {
    data,
    nextCursor: below ? cursorAt(last && placeOf(last), false) : null,
    previousCursor: above ? cursorAt(first ? placeOf(first) : cursor, true) : null,
  }
}
