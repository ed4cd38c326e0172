// Pages of events, newest first: of a project (the last 24 hours unless the caller says otherwise) or of one issue
// (everything that is stored). A search walks as far back as its time allows (walk-events.ts); PostgreSQL gives up a
// single statement that takes far longer.
import type { z } from 'zod'
import { useDatabase, withTransaction, type Db } from '#server/storage/database.ts'
import { setReadInOrder } from '#server/storage/read-in-order.ts'
import { setStatementTimeout } from '#server/storage/set-statement-timeout.ts'
import { listEvents, listIssueEvents, type EventFilter } from '#server/storage/events/list-events.ts'
import type { EventRecord } from '#server/storage/events/event-row.ts'
import type { EventSearch } from '#server/storage/events/event-terms.ts'
import type { Keyset } from '#server/storage/keyset.ts'
import { levelToNumber } from '#shared/constants/levels.ts'
import type { EventRow, listEventsQuery } from '#shared/schemas/event-view.ts'
import { needIssueOrTarget } from '../issues/get-issue.ts'
import type { ProjectRef } from '../issues/short-id.ts'
import { expiriesOf } from '../retention/expiry.ts'
import { eventSearch } from '../search/event-search.ts'
import { readPage, type Page, type Walk } from '../search/page.ts'
import { parseRange } from '../search/range.ts'
import { readQuery } from '../search/read-query.ts'
import { eventView } from './event-view.ts'
import { walkEvents } from './walk-events.ts'

export const SEARCH_TIMEOUT_MS = 2_000
export const DEFAULT_RANGE = '24h'

type ListEventsQuery = z.output<typeof listEventsQuery>

export const projectEvents = (project: ProjectRef, query: ListEventsQuery): Promise<Page<EventRow>> =>
  pageOfEvents(project, query, { list: 'events', issueId: null, defaultRange: DEFAULT_RANGE })

export async function issueEvents(
  project: ProjectRef,
  reference: string,
  query: ListEventsQuery,
): Promise<Page<EventRow>> {
  const issue = await needIssueOrTarget(useDatabase().read, project, reference)
  return pageOfEvents(project, query, { list: 'issue events', issueId: issue.id })
}

async function pageOfEvents(
  project: ProjectRef,
  query: ListEventsQuery,
  { list, issueId, defaultRange }: { list: string; issueId: string | null; defaultRange?: string },
): Promise<Page<EventRow>> {
  const { cursor, limit, ...filter } = query
  const search = eventSearch(readQuery(filter.query, 'events'))
  const page = await readPage({
    scope: { list, project: project.id, issue: issueId ?? undefined, ...filter },
    cursor,
    limit,
    placeOf: (event: EventRecord) => ({ value: event.receivedAt.toISOString(), id: event.id }),
    read: (keyset, now) => {
      const range = parseRange(filter, now, defaultRange)
      const question: EventFilter = {
        projectId: project.id,
        expiries: expiriesOf(range, new Date()),
        since: range.since,
        until: range.until,
        level: filter.level === undefined ? null : levelToNumber(filter.level),
        environment: filter.environment ?? null,
      }
      return withTransaction(useDatabase().read, async (db) => {
        await setStatementTimeout(db, SEARCH_TIMEOUT_MS)
        if (issueId !== null) await setReadInOrder(db)
        return readEvents(db, { issueId, search }, question, keyset)
      })
    },
  })
  return { ...page, data: page.data.map(eventView) }
}

/** Nearest rows behind a place, by the index of time, or of a search by its walk. */
export async function readEvents(
  db: Db,
  { issueId, search }: { issueId: string | null; search: EventSearch | null },
  filter: EventFilter,
  keyset: Keyset,
): Promise<EventRecord[] | Walk<EventRecord>> {
  if (search) return walkEvents(db, { ...filter, search, issueId }, keyset)
  return issueId === null ? listEvents(db, filter, keyset) : listIssueEvents(db, issueId, filter, keyset)
}
