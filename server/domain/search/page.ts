// One page of a list, in either direction, from a keyset query. Comes in: the cursor as sent, and a function that reads
// rows. Goes out: the rows in list order and the cursors of the pages beside it.
// One row more than asked for is read: whether there is a next page is known, not guessed.
import type { Keyset, Place } from '#server/storage/keyset.ts'
import { readCursor, writeCursor, type CursorScope } from './cursor.ts'

export interface Page<Row> {
  data: Row[]
  nextCursor: string | null
  previousCursor: string | null
  /** A search that did not look through everything: the time it came to. */
  searchedBackTo?: string | null
}

/** Rows of a search that may have stopped before the page was full or the list at its end. */
export interface Walk<Row> {
  rows: Row[]
  /** Where it stopped; null when it did not. */
  stoppedAt: Place | null
}

export interface PageRequest<Row> {
  scope: CursorScope
  cursor: string | undefined
  limit: number
  placeOf: (row: Row) => Place
  /** Reads rows nearest first; `now` is when the reading of this list began. */
  read: (keyset: Keyset, now: Date) => Promise<Row[] | Walk<Row>>
}

export async function readPage<Row>(request: PageRequest<Row>): Promise<Page<Row>> {
  const { scope, limit, placeOf, read } = request
  const cursor = request.cursor === undefined ? null : readCursor(scope, request.cursor)
  const startedAt = cursor?.startedAt ?? Date.now()
  const upwards = cursor?.upwards ?? false

  const answer = await read({ from: cursor, upwards, limit: limit + 1 }, new Date(startedAt))
  const { rows: found, stoppedAt } = Array.isArray(answer) ? { rows: answer, stoppedAt: null } : answer
  // What lay above has gone: the start of the list is what the reader wants to see.
  if (upwards && found.length === 0 && !stoppedAt) return readPage({ ...request, cursor: undefined })

  const more = found.length > limit
  const data = found.slice(0, limit)
  if (upwards) data.reverse()

  const cursorAt = (place: Place | null | undefined, up: boolean) =>
    place ? writeCursor(scope, { upwards: up, value: place.value, id: place.id, startedAt }) : null
  // Where a walk stopped, another page begins, whether this one has rows or not.
  const stopped = more ? null : stoppedAt
  const first = data[0]
  const last = data.at(-1)
  const top = first ? placeOf(first) : cursor
  const bottom = last ? placeOf(last) : stopped
  return {
    data,
    nextCursor: upwards ? cursorAt(bottom, false) : cursorAt(more ? bottom : stopped, false),
    previousCursor: upwards
      ? cursorAt(more ? top : stopped, true)
      : cursorAt(cursor === null ? null : top, true),
    ...(stopped && !upwards ? { searchedBackTo: String(stopped.value) } : {}),
  }
}
