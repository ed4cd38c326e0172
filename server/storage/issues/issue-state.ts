// What a person can change about an issue, as columns: read with the rows held, written in one go, kept for an undo.
import type { ArchiveUntil, IssueStatus } from '#shared/schemas/issue.ts'

export interface IssueState {
  status: IssueStatus
  substatus: 'new' | 'ongoing' | 'regressed' | 'escalating' | null
  resolvedAt: Date | null
  archiveUntil: ArchiveUntil | null
  archivedAt: Date | null
  archiveDate: Date | null
  /** Comes back when `eventCount` reaches it. */
  archiveCount: number | null
  /** Events of the hour of archiving that came before it. */
  archiveHourCount: number | null
  assigneeId: string | null
}

export interface HeldIssue extends IssueState {
  id: string
  assigneeName: string | null
  title: string
  version: number
  eventCount: number
}

/** For `from issue i`. */
export const STATE_COLUMNS = `
  i.issue_id::text as id, i.title, i.version, i.event_count as "eventCount", i.status, i.substatus,
  i.resolved_at as "resolvedAt", i.archive_until as "archiveUntil", i.archived_at as "archivedAt",
  i.archive_date as "archiveDate", i.archive_count as "archiveCount", i.archive_hour_count as "archiveHourCount",
  i.assignee_id as "assigneeId", (select u.name from "user" u where u.id = i.assignee_id) as "assigneeName"`

/** Neither discarded nor merged: the ones there are for anybody outside. */
export const VISIBLE_STATUSES = `'{unresolved,resolved,archived}'::text[]`

/** What `is:new`, `is:regressed` and `is:escalating` mean among unresolved issues `i`; new ones wear off. */
export const isNew = (newSince: string): string => `i.substatus = 'new' and i.first_seen >= ${newSince}`
export const IS_REGRESSED = `i.substatus = 'regressed'`
export const IS_ESCALATING = `i.substatus = 'escalating'`
