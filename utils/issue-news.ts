// A row of the list as what happened leaves it. The list's own parts (sparkline, archive's limit) stay.
import type { Issue, IssueRow } from '#shared/schemas/issue'
import type { LiveCounts } from '#shared/schemas/live'

/** The sparkline's last hour grows with the count. */
export function withCounts(row: IssueRow, { eventCount, userCount, lastSeen, level }: LiveCounts): IssueRow {
  const more = Math.max(0, eventCount - row.eventCount)
  return {
    ...row,
    ...{ eventCount, userCount, lastSeen, level },
    hourly: more ? row.hourly.with(-1, row.hourly.at(-1)! + more) : row.hourly,
  }
}

/** What is older than the row changes nothing: an answer of the API may be ahead of the news. */
export function withState(row: IssueRow, issue: Issue): IssueRow {
  if (issue.version < row.version) return row
  const { status, substatus, assignee, version, archive, title, type, value, culprit } = issue
  return { ...row, ...{ status, substatus, assignee, version, archive, title, type, value, culprit } }
}
