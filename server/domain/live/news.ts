// Rows of the outbox as live messages: with the issue as it is now, where it can still be seen, asked for all of them
// at once. And the way back for who was away: everything since a position, or null when that is too much or too long
// ago.
import { useDatabase, type Db } from '#server/storage/database.ts'
import { listNamedIssues, type NamedIssue } from '#server/storage/issues/list-named-issues.ts'
import type { OutboxPosition, OutboxRow } from '#server/storage/outbox/list-outbox.ts'
import { listNewsSince } from '#server/storage/outbox/list-news-since.ts'
import { MAX_LIVE_CATCH_UP } from '#shared/constants/limits.ts'
import { issueView } from '../issues/issue-view.ts'

/** Without the `id` of a subscription. */
export interface NewsMessage {
  position: OutboxPosition
  projectId: number
  issueId: string | null
  message: { type: string; [field: string]: unknown }
}

/** News are kept for two days; well before that, lists are read anew. */
const OLDEST_MS = 86_400_000

export const isAlert = ({ kind }: Pick<OutboxRow, 'kind'>): boolean => kind.startsWith('alert.')

/** @param positionText how a position is written on the wire */
export async function newsMessages(
  db: Db,
  rows: readonly OutboxRow[],
  positionText: (position: OutboxPosition) => string,
): Promise<NewsMessage[]> {
  const told = rows.filter((row) => isAlert(row) || row.kind.startsWith('issue.'))
  const asked = new Map<string, { projectId: number; issueId: number }>()
  for (const { projectId, issueId, kind } of told)
    if (issueId !== null && kind.startsWith('issue.'))
      asked.set(`${projectId}:${issueId}`, { projectId, issueId })
  const issues = new Map<string, NamedIssue>()
  if (asked.size > 0)
    for (const issue of await listNamedIssues(db, [...asked.values()]))
      issues.set(`${issue.projectId}:${issue.id}`, issue)
  return told.map((row) => ({
    position: row.position,
    projectId: row.projectId,
    issueId: row.issueId === null ? null : String(row.issueId),
    message: {
      ...messageOf(row, issues.get(`${row.projectId}:${row.issueId}`)),
      projectId: String(row.projectId),
      position: positionText(row.position),
    },
  }))
}

function messageOf(row: OutboxRow, found: NamedIssue | undefined): NewsMessage['message'] {
  const issueId = row.issueId === null ? null : String(row.issueId)
  if (isAlert(row)) return { type: 'alert', kind: row.kind, issueId, alert: row.payload }
  const issue = found ? viewOf(found) : null
  if (row.kind === 'issue.created') return { type: 'issue.created', issueId, issue }
  const { reason = null, actorId = null, into = null } = (row.payload ?? {}) as Record<string, string | null> // our own writing
  return { type: 'issue.updated', issueId, kind: row.kind, reason, actorId, into, issue }
}

const viewOf = ({ projectId, projectSlug, ...record }: NamedIssue) =>
  issueView({ id: projectId, slug: projectSlug }, record)

/** In order; null: read the lists anew. */
export async function newsSince(
  of: { projectId: number } | { orgId: number },
  since: OutboxPosition & { toldAt: number },
  positionText: (position: OutboxPosition) => string,
): Promise<NewsMessage[] | null> {
  const age = Date.now() - since.toldAt
  if (age > OLDEST_MS) return null
  const db = useDatabase().read
  const { rows, complete } = await listNewsSince(db, of, since, MAX_LIVE_CATCH_UP)
  return complete ? newsMessages(db, rows, positionText) : null
}
