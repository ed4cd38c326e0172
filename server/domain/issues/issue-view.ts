// An issue as the API shows it.
import type { Db } from '#server/storage/database.ts'
import { countEscalationHours } from '#server/storage/issues/count-escalation-hours.ts'
import type { IssueRecord } from '#server/storage/issues/issue-row.ts'
import { levelFromNumber } from '#shared/constants/levels.ts'
import type { Issue } from '#shared/schemas/issue.ts'
import { ESCALATION_HOURS, escalationLimit, hourOf } from './escalation.ts'
import { shortIdOf, type ProjectRef } from './short-id.ts'
import { eventsLeft } from './transition.ts'

/** An unresolved issue is new for a week, the field's usual measure; after that it is ongoing. */
export const NEW_FOR_MS = 7 * 86_400_000

/** As a row of a list: without the limit, which is a question of its own. */
export function issueView(project: ProjectRef, record: IssueRecord): Issue {
  const { archiveUntil, archivedAt: _, archiveDate, archiveCount, ...shown } = record
  return {
    ...shown,
    substatus:
      record.substatus === 'new' && Date.now() - record.firstSeen.getTime() > NEW_FOR_MS
        ? 'ongoing'
        : record.substatus,
    shortId: shortIdOf(project.slug, record.id),
    projectId: String(project.id),
    level: levelFromNumber(record.level),
    firstSeen: record.firstSeen.toISOString(),
    lastSeen: record.lastSeen.toISOString(),
    archive: archiveUntil && {
      until: archiveUntil,
      at: archiveDate?.toISOString() ?? null,
      events: eventsLeft({ archiveCount, eventCount: record.eventCount }),
    },
    escalationLimit: null,
  }
}

/** As its own page shows it. */
export const wholeIssueView = async (db: Db, project: ProjectRef, record: IssueRecord): Promise<Issue> => ({
  ...issueView(project, record),
  escalationLimit: await findEscalationLimit(db, project.id, record),
})

/** Null unless the issue is archived until it escalates. */
export async function findEscalationLimit(
  db: Db,
  projectId: number,
  { id, archiveUntil, archivedAt }: IssueRecord,
): Promise<number | null> {
  if (archiveUntil !== 'escalating' || !archivedAt) return null
  const asked = [{ issueId: id, hour: hourOf(new Date()), archivedAt }]
  const [hours] = await countEscalationHours(db, projectId, asked, {
    hoursBefore: ESCALATION_HOURS,
    onlyAbove: -1,
  })
  return escalationLimit(hours!.largest)
}
