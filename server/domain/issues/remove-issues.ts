// Deleting and discarding issues: set-based, a constant number of statements, inside the caller's transaction, which
// must not hold groups or issues yet (the order is: this, groups, issues). Their events are hidden at the commit and
// erased in the background. Whoever is not there, or hidden already, is left out of the answer.
import { deleteIssueAlerts, markIssuesDiscarded } from '#server/storage/alerts/mark-alerts-over.ts'
import type { Db } from '#server/storage/database.ts'
import { lockIssueGroups, type LockedGroup } from '#server/storage/groups/lock-issue-groups.ts'
import { lockRegrouping } from '#server/storage/groups/lock-regrouping.ts'
import { deleteIssueRows } from '#server/storage/issues/delete-issues.ts'
import { lockNamedIssues, type NamedIssue } from '#server/storage/issues/lock-named-issues.ts'
import { markDiscarded } from '#server/storage/issues/mark-discarded.ts'
import { eraseGroups } from '../erasing/erase-groups.ts'
import { shortIdOf, type ProjectRef } from './short-id.ts'

/** For good: an event of the same kind makes a new issue. @returns ids of the issues deleted */
export async function deleteIssues(
  db: Db,
  project: ProjectRef,
  issueIds: readonly string[],
  actorId: string,
): Promise<string[]> {
  const { organizationId, issues, groups } = await hold(db, project, issueIds)
  const ids = issues.map(({ id }) => id)
  if (ids.length === 0) return []
  const groupIds = groups.map(({ groupId }) => groupId)
  const erasure = {
    organizationId,
    projectId: project.id,
    groupIds,
    actorId,
    label: labelOf(project, issues),
  }
  // While the totals of the groups can be found.
  await eraseGroups(db, erasure)
  await deleteIssueRows(db, {
    projectId: project.id,
    issueIds: ids,
    origins: [...new Set(groups.flatMap(({ mergedFrom }) => mergedFrom ?? []))],
    ...{ groupIds, actorId },
  })
  await deleteIssueAlerts(db, project.id, ids)
  return ids
}

/** Until it is undone, events of these issues are counted and not stored. @returns ids of the issues discarded */
export async function discardIssues(
  db: Db,
  project: ProjectRef,
  issueIds: readonly string[],
  actorId: string,
): Promise<string[]> {
  const { organizationId, issues, groups } = await hold(db, project, issueIds)
  const ids = issues.map(({ id }) => id)
  if (ids.length === 0) return []
  const groupIds = groups.map(({ groupId }) => groupId)
  await markDiscarded(db, { projectId: project.id, issueIds: ids, groupIds, actorId })
  await markIssuesDiscarded(db, project.id, ids)
  const erasure = {
    organizationId,
    projectId: project.id,
    groupIds,
    actorId,
    label: labelOf(project, issues),
  }
  await eraseGroups(db, erasure)
  return ids
}

async function hold(
  db: Db,
  project: ProjectRef,
  issueIds: readonly string[],
): Promise<{ organizationId: number; issues: NamedIssue[]; groups: LockedGroup[] }> {
  const { organizationId } = await lockRegrouping(db, project.id)
  const groups = await lockIssueGroups(db, project.id, issueIds)
  const issues = await lockNamedIssues(db, project.id, issueIds, 'visible')
  const there = new Set(issues.map(({ id }) => id))
  return { organizationId, issues, groups: groups.filter(({ issueId }) => there.has(issueId)) }
}

const labelOf = (project: ProjectRef, [first, ...others]: readonly NamedIssue[]): string =>
  first && others.length === 0
    ? `${shortIdOf(project.slug, first.id)} ${first.title}`
    : `${others.length + 1} issues`
