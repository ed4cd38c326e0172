// An issue as the API shows it.
import { levelFromNumber } from '#shared/constants/levels.ts'
import type { Issue } from '#shared/schemas/issue.ts'
import type { IssueRecord } from '#server/storage/issues/issue-row.ts'
import { shortIdOf, type ProjectRef } from './short-id.ts'

/** An unresolved issue is new for a week, the field's usual measure; after that it is ongoing. */
const NEW_FOR_MS = 7 * 86_400_000

export const issueView = (project: ProjectRef, record: IssueRecord): Issue => ({
  ...record,
  substatus:
    record.substatus === 'new' && Date.now() - record.firstSeen.getTime() > NEW_FOR_MS
      ? 'ongoing'
      : record.substatus,
  shortId: shortIdOf(project.slug, record.id),
  projectId: String(project.id),
  level: levelFromNumber(record.level),
  firstSeen: record.firstSeen.toISOString(),
  lastSeen: record.lastSeen.toISOString(),
})
