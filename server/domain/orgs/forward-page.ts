// A page of a short list that only ever grows downwards (organisations, members, projects): forward cursors, sealed
// like those of the long lists.
import { readCursor, writeCursor, type CursorScope } from '../search/cursor.ts'

export interface ForwardPage<Row> {
  data: Row[]
  nextCursor: string | null
}

export interface ForwardRequest<Row> {
  scope: CursorScope
  cursor: string | undefined
  limit: number
  /** Where the row stands in the list. */
  placeOf: (row: Row) => { value: string; id: string }
  read: (after: { value: string; id: string } | null, limit: number) => Promise<Row[]>
}

export async function readForwardPage<Row>(request: ForwardRequest<Row>): Promise<ForwardPage<Row>> {
  const { scope, cursor, limit, placeOf, read } = request
  const from = cursor === undefined ? null : readCursor(scope, cursor)
  const found = await read(from && { value: String(from.value), id: from.id }, limit + 1)
  const data = found.slice(0, limit)
  const last = found.length > limit ? data.at(-1) : undefined
  const startedAt = from?.startedAt ?? Date.now()
  return {
    data,
    nextCursor: last ? writeCursor(scope, { upwards: false, startedAt, ...placeOf(last) }) : null,
  }
}
