// The columns of an issue that lists and the issue page share, and their way into TypeScript.
import type { ArchiveUntil, IssueStatus } from '#shared/schemas/issue.ts'

export interface IssueRecord {
  id: string
  title: string
  type: string | null
  value: string | null
  culprit: string | null
  level: number
  platform: string
  status: IssueStatus
  substatus: 'new' | 'ongoing' | 'regressed' | 'escalating' | null
  eventCount: number
  userCount: number
  firstSeen: Date
  lastSeen: Date
  assignee: { id: string; name: string } | null
  version: number
  archiveUntil: ArchiveUntil | null
  archivedAt: Date | null
  archiveDate: Date | null
  archiveCount: number | null
}

/** For `from issue i left join "user" u on u.id = i.assignee_id`; quoted names arrive as they are written here. */
export const ISSUE_COLUMNS = `
  i.issue_id::text as id, i.title, i.type, i.value, i.culprit, i.level, i.platform, i.status, i.substatus,
  i.event_count as "eventCount", i.user_count as "userCount", i.first_seen as "firstSeen",
  i.last_seen as "lastSeen", i.version,
  i.archive_until as "archiveUntil", i.archived_at as "archivedAt", i.archive_date as "archiveDate",
  i.archive_count as "archiveCount",
  case when u.id is not null then json_build_object('id', u.id, 'name', u.name) end as assignee`
