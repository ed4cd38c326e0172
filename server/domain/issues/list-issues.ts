// A page of a project's issues with their sparklines: two statements, whatever the number of issues or events.
import type { z } from 'zod'
import { useDatabase, withTransaction, type Db } from '#server/storage/database.ts'
import { countIssueHours } from '#server/storage/issues/count-issue-hours.ts'
import type { IssueRecord } from '#server/storage/issues/issue-row.ts'
import { setStatementTimeout } from '#server/storage/set-statement-timeout.ts'
import type { IssueRow, IssueSort, listIssuesQuery } from '#shared/schemas/issue.ts'
import { readPage, type Page } from '../search/page.ts'
import { filterOf } from './issue-filter.ts'
import { issueView } from './issue-view.ts'
import type { ProjectRef } from './short-id.ts'
import { walkIssues } from './walk-issues.ts'

const HOUR_MS = 3_600_000
const SPARKLINE_HOURS = 24
const SEARCH_TIMEOUT_MS = 2_000

/** What a row is sorted by, as cursors keep it. */
export const SORT_VALUES: Record<IssueSort, (issue: IssueRecord) => string | number> = {
  lastSeen: (issue) => issue.lastSeen.toISOString(),
  firstSeen: (issue) => issue.firstSeen.toISOString(),
  events: (issue) => issue.eventCount,
  users: (issue) => issue.userCount,
}

export async function listIssues(
  project: ProjectRef,
  query: z.output<typeof listIssuesQuery>,
  /** Who asks: `assignee=me`, `assigned:me`. */
  actorId: string,
): Promise<Page<IssueRow>> {
  const { cursor, limit, sort, ...words } = query
  let searchedBackTo: string | null = null
  const page = await readPage({
    scope: {
      list: 'issues',
      project: project.id,
      sort,
      ...words,
      actor: words.assignee === 'me' || words.query ? actorId : undefined,
    },
    cursor,
    limit,
    placeOf: (issue: IssueRecord) => ({ value: SORT_VALUES[sort](issue), id: issue.id }),
    read: (keyset, now) =>
      inTime(words.query, async (db) => {
        const { filter, backTo } = await filterOf(db, project.id, words, actorId, now)
        searchedBackTo = backTo?.toISOString() ?? null
        return walkIssues(db, filter, sort, keyset)
      }),
  })
  const hourly = await sparklines(
    project.id,
    page.data.map((issue) => issue.id),
    words.environment ?? null,
  )
  return {
    ...page,
    data: page.data.map((issue) => ({ ...issueView(project, issue), hourly: hourly(issue.id) })),
    searchedBackTo,
  }
}

/** A search that takes too long is given up; a plain list never does. */
export async function inTime<T>(query: string | undefined, read: (db: Db) => Promise<T>): Promise<T> {
  if (!query) return read(useDatabase().read)
  return withTransaction(useDatabase().read, async (db) => {
    await setStatementTimeout(db, SEARCH_TIMEOUT_MS)
    return read(db)
  })
}

/** Events per hour of the last 23 full hours and the current one, for all issues of the page at once. */
async function sparklines(projectId: number, issueIds: string[], environment: string | null) {
  if (issueIds.length === 0) return hoursBy([], sparklineRange())
  const range = sparklineRange()
  const rows = await countIssueHours(useDatabase().read, projectId, issueIds, range, environment)
  return hoursBy(
    rows.map((row) => ({ ...row, key: row.issueId })),
    range,
  )
}

export function sparklineRange(): { from: Date; to: Date } {
  const to = (Math.floor(Date.now() / HOUR_MS) + 1) * HOUR_MS
  return { from: new Date(to - SPARKLINE_HOURS * HOUR_MS), to: new Date(to) }
}

/** The hours of each key, zero-filled. */
export function hoursBy(rows: readonly { key: string; bucket: Date; n: number }[], { from }: { from: Date }) {
  const counts = new Map<string, number[]>()
  const of = (key: string) => counts.get(key) ?? new Array<number>(SPARKLINE_HOURS).fill(0)
  for (const { key, bucket, n } of rows) {
    const hours = of(key)
    hours[(bucket.getTime() - from.getTime()) / HOUR_MS] = n
    counts.set(key, hours)
  }
  return of
}
