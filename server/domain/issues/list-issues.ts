// A page of a project's issues with their sparklines: two statements, whatever the number of issues or events.
// Unresolved issues are looked at over the last 24 hours unless the caller says otherwise; other states have no
// default range.
import type { z } from 'zod'
import { useDatabase } from '#server/storage/database.ts'
import { countIssueHours } from '#server/storage/issues/count-issue-hours.ts'
import type { IssueRecord } from '#server/storage/issues/issue-row.ts'
import { listIssues as listIssueRecords } from '#server/storage/issues/list-issues.ts'
import { levelToNumber } from '#shared/constants/levels.ts'
import type { IssueRow, IssueSort, listIssuesQuery } from '#shared/schemas/issue.ts'
import { readPage, type Page } from '../search/page.ts'
import { parseRange } from '../search/range.ts'
import { toTsqueryText } from '../search/text-query.ts'
import { issueView } from './issue-view.ts'
import type { ProjectRef } from './short-id.ts'

const HOUR_MS = 3_600_000
const SPARKLINE_HOURS = 24
const DEFAULT_RANGE = '24h'

const SORT_VALUES: Record<IssueSort, (issue: IssueRecord) => string | number> = {
  lastSeen: (issue) => issue.lastSeen.toISOString(),
  firstSeen: (issue) => issue.firstSeen.toISOString(),
  events: (issue) => issue.eventCount,
  users: (issue) => issue.userCount,
}

export async function listIssues(
  project: ProjectRef,
  query: z.output<typeof listIssuesQuery>,
): Promise<Page<IssueRow>> {
  const { cursor, limit, sort, ...filter } = query
  const db = useDatabase().read
  const text = toTsqueryText(filter.query)
  const page = await readPage({
    scope: { list: 'issues', project: project.id, sort, ...filter },
    cursor,
    limit,
    placeOf: (issue: IssueRecord) => ({ value: SORT_VALUES[sort](issue), id: issue.id }),
    read: (keyset, now) => {
      const range = parseRange(filter, now, filter.status === 'unresolved' ? DEFAULT_RANGE : undefined)
      return listIssueRecords(
        db,
        {
          projectId: project.id,
          status: filter.status,
          level: filter.level === undefined ? null : levelToNumber(filter.level),
          environment: filter.environment ?? null,
          text,
          since: range.since,
          until: range.until,
        },
        sort,
        keyset,
      )
    },
  })
  const hourly = await sparklines(
    project.id,
    page.data.map((issue) => issue.id),
    filter.environment ?? null,
  )
  return {
    ...page,
    data: page.data.map((issue) => ({ ...issueView(project, issue), hourly: hourly(issue.id) })),
  }
}

/** Events per hour of the last 23 full hours and the current one, for all issues of the page at once. */
async function sparklines(projectId: number, issueIds: string[], environment: string | null) {
  const to = (Math.floor(Date.now() / HOUR_MS) + 1) * HOUR_MS
  const from = to - SPARKLINE_HOURS * HOUR_MS
  const counts = new Map<string, number[]>()
  const of = (issueId: string) => counts.get(issueId) ?? new Array<number>(SPARKLINE_HOURS).fill(0)
  if (issueIds.length === 0) return of
  const range = { from: new Date(from), to: new Date(to) }
  for (const row of await countIssueHours(useDatabase().read, projectId, issueIds, range, environment)) {
    const hours = of(row.issueId)
    hours[(row.bucket.getTime() - from) / HOUR_MS] = row.n
    counts.set(row.issueId, hours)
  }
  return of
}
