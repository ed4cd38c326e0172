// An issue as the API shows it.
import { levelFromNumber } from '#shared/constants/levels.ts'
import type { Issue } from '#shared/schemas/issue.ts'
import type { IssueRecord } from '#server/storage/issues/issue-row.ts'
import { shortIdOf, type ProjectRef } from './short-id.ts'

export const issueView = (project: ProjectRef, record: IssueRecord): Issue => ({
  ...record,
  shortId: shortIdOf(project.slug, record.id),
  projectId: String(project.id),
  level: levelFromNumber(record.level),
  firstSeen: record.firstSeen.toISOString(),
  lastSeen: record.lastSeen.toISOString(),
})
