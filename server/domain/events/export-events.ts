// The events of a filter as a file, newest first: CSV or one JSON object a line. Comes in: what the list takes, and the
// columns. Goes out: pieces of text, made as they are fetched. Each page is a short transaction of its own, so that no
// snapshot stays open however slowly somebody reads; events that arrive meanwhile are above its first row and not in it.
// At most so many rows; a file that was cut says so in its last line.
import type { z } from 'zod'
import { useDatabase, withTransaction } from '#server/storage/database.ts'
import type { EventRecord } from '#server/storage/events/event-row.ts'
import type { EventFilter } from '#server/storage/events/list-events.ts'
import type { Place } from '#server/storage/keyset.ts'
import { setStatementTimeout } from '#server/storage/set-statement-timeout.ts'
import { levelFromNumber, levelToNumber } from '#shared/constants/levels.ts'
import { MAX_EXPORT_ROWS } from '#shared/constants/limits.ts'
import { tagKeyOf, type Column, type ExportColumn } from '#shared/event-columns.ts'
import type { exportEventsQuery } from '#shared/schemas/event-view.ts'
import { shortIdOf, type ProjectRef } from '../issues/short-id.ts'
import { expiriesOf } from '../retention/expiry.ts'
import { eventSearch } from '../search/event-search.ts'
import { parseRange } from '../search/range.ts'
import { readQuery } from '../search/read-query.ts'
import { csvRow } from './csv.ts'
import { DEFAULT_RANGE, readEvents, SEARCH_TIMEOUT_MS } from './list-events.ts'

const PAGE_ROWS = 1_000
const DEFAULT_COLUMNS: readonly ExportColumn[] = [
  ...(['time', 'level', 'title', 'message', 'issue'] as const),
  ...(['environment', 'release', 'user', 'tags', 'id'] as const),
]

type ExportQuery = z.output<typeof exportEventsQuery>

/** @throws DomainError for a filter that means nothing, before the first piece */
export function exportEvents(
  project: ProjectRef,
  query: ExportQuery,
  { maxRows = MAX_EXPORT_ROWS, pageRows = PAGE_ROWS } = {},
): AsyncGenerator<string, void> {
  const now = new Date()
  const search = eventSearch(readQuery(query.query, 'events'))
  const range = parseRange(query, now, DEFAULT_RANGE)
  const filter: EventFilter = {
    projectId: project.id,
    expiries: expiriesOf(range, now),
    since: range.since,
    until: range.until,
    level: query.level === undefined ? null : levelToNumber(query.level),
    environment: query.environment ?? null,
  }
  const read = (from: Place | null, limit: number) =>
    withTransaction(useDatabase().read, async (db) => {
      await setStatementTimeout(db, SEARCH_TIMEOUT_MS)
      return readEvents(db, { issueId: null, search }, filter, { from, upwards: false, limit })
    })
  const form = (query.format === 'csv' ? csvForm : ndjsonForm)(project.slug, query.columns ?? DEFAULT_COLUMNS)
  return writeFile(read, form, { maxRows, pageRows })
}

interface Form {
  head: string
  row: (event: EventRecord) => string
  /** The last line of a file that does not hold everything; `last` is the oldest event in it. */
  cut: (maxRows: number, last: EventRecord) => string
}

async function* writeFile(
  read: (from: Place | null, limit: number) => ReturnType<typeof readEvents>,
  form: Form,
  { maxRows, pageRows }: { maxRows: number; pageRows: number },
): AsyncGenerator<string, void> {
  if (form.head) yield form.head
  let from: Place | null = null
  let last: EventRecord | undefined
  for (let written = 0; ;) {
    // One more than may be written: whether something is left out is known, not guessed.
    const limit = Math.min(pageRows, maxRows + 1 - written)
    const answer = await read(from, limit)
    const { rows, stoppedAt } = Array.isArray(answer) ? { rows: answer, stoppedAt: null } : answer
    const fitting = rows.slice(0, maxRows - written)
    if (fitting.length > 0) yield fitting.map(form.row).join('')
    written += fitting.length
    last = fitting.at(-1) ?? last
    if (rows.length > fitting.length) return void (last && (yield form.cut(maxRows, last)))
    if (stoppedAt) from = stoppedAt
    else if (rows.length < limit) return
    else from = { value: last!.receivedAt.toISOString(), id: last!.id } // a full page has a last row
  }
}

type Value = string | Record<string, string> | null

function valueOf(event: EventRecord, column: Column, slug: string): Value {
  const key = tagKeyOf(column)
  if (key !== null) return Object.hasOwn(event.tags, key) ? event.tags[key]! : null
  switch (column as ExportColumn) {
    case 'time':
      return event.receivedAt.toISOString()
    case 'timestamp':
      return event.timestamp.toISOString()
    case 'level':
      return levelFromNumber(event.level)
    case 'issue':
      return shortIdOf(slug, event.issueId)
    default:
      return event[
        column as 'id' | 'title' | 'message' | 'issueId' | 'environment' | 'release' | 'user' | 'tags'
      ]
  }
}

const csvForm = (slug: string, columns: readonly Column[]): Form => ({
  head: csvRow(columns.map((column) => tagKeyOf(column) ?? column)),
  row: (event) =>
    csvRow(
      columns.map((column) => {
        const value = valueOf(event, column, slug)
        return typeof value === 'object' ? (value === null ? '' : JSON.stringify(value)) : value
      }),
    ),
  // A record like the others, so that every reader of CSV can read the file to its end.
  cut: (maxRows, last) =>
    csvRow(columns.map((_, i) => (i === 0 ? `(cut after ${maxRows} rows: ${goOn(last)})` : ''))),
})

const ndjsonForm = (slug: string, columns: readonly Column[]): Form => ({
  head: '',
  row: (event) =>
    `${JSON.stringify(Object.fromEntries(columns.map((column) => [column, valueOf(event, column, slug)])))}\n`,
  cut: (maxRows, last) => `${JSON.stringify({ cut: true, rows: maxRows, message: goOn(last) })}\n`,
})

const goOn = (last: EventRecord) => `go on with until=${last.receivedAt.toISOString()}`
