// Several issues become one, and one becomes several again. Events and counts hang on groups, so a group's pointer is
// all that moves; the totals of the issues are added up anew in the same transaction.
//
// A group remembers the issue it was made for, and that issue waits, hidden, for as long as its groups are elsewhere:
// all of them are in one place, and come back together. So an issue always has groups of its own.
import { markAlertsMerged } from '#server/storage/alerts/mark-alerts-over.ts'
import { MAX_GROUPS_PER_ISSUE } from '#server/storage/groups/insert-joining-groups.ts'
import { lockIssueGroups } from '#server/storage/groups/lock-issue-groups.ts'
import { lockRegrouping } from '#server/storage/groups/lock-regrouping.ts'
import { useDatabase, withTransaction, type Db } from '#server/storage/database.ts'
import { lockNamedIssues, type NamedIssue } from '#server/storage/issues/lock-named-issues.ts'
import { markMerged } from '#server/storage/issues/mark-merged.ts'
import { markTotals } from '#server/storage/issues/mark-totals.ts'
import { markUnmerged } from '#server/storage/issues/mark-unmerged.ts'
import type { Issue } from '#shared/schemas/issue.ts'
import { DomainError } from '../errors.ts'
import { needIssue } from './get-issue.ts'
import { issueView } from './issue-view.ts'
import { issueIdOf, shortIdOf, type ProjectRef } from './short-id.ts'

export interface MergeRequest {
  /** Id or short code of the issue that stays. */
  reference: string
  /** Those that become part of it. */
  ids: readonly string[]
  actorId: string
}

export async function mergeIssues(
  project: ProjectRef,
  { reference, ids, actorId }: MergeRequest,
): Promise<Issue> {
  const target = idOf(project, reference)
  const sources = [...new Set(ids.map((id) => idOf(project, id)))]
  if (sources.includes(target)) throw invalid('ids', 'An issue cannot be merged into itself.')
  return withTransaction(useDatabase().read, async (db) => {
    await lockRegrouping(db, project.id)
    const groups = await lockIssueGroups(db, project.id, [target, ...sources])
    const issues = await lockNamedIssues(db, project.id, [target, ...sources], 'visible')
    if (issues.length < sources.length + 1) throw new DomainError('not_found')
    if (groups.length > MAX_GROUPS_PER_ISSUE)
      throw invalid('ids', `An issue has at most ${MAX_GROUPS_PER_ISSUE} groups.`)
    await markMerged(db, {
      projectId: project.id,
      ...{ target, sources, actorId },
      origins: originsOf(groups.filter(({ issueId }) => issueId !== target)),
      data: {
        target: { issues: issues.filter(({ id }) => id !== target).map((issue) => nameOf(project, issue)) },
        source: {
          into: nameOf(
            project,
            issues.find(({ id }) => id === target)!,
          ),
        }, // all are there, as checked
      },
    })
    await markAlertsMerged(db, { projectId: project.id, target, sources })
    await markTotals(db, project.id, [target])
    return view(db, project, target)
  })
}

export interface UnmergeRequest {
  reference: string
  groupIds: readonly string[]
  actorId: string
}

export async function unmergeIssue(
  project: ProjectRef,
  { reference, groupIds, actorId }: UnmergeRequest,
): Promise<{ issue: Issue; restored: Issue[] }> {
  const issueId = idOf(project, reference)
  return withTransaction(useDatabase().read, async (db) => {
    await lockRegrouping(db, project.id)
    const groups = await lockIssueGroups(db, project.id, [issueId])
    const chosen = new Set(groupIds.map(Number))
    const leaving = groups.filter(({ groupId }) => chosen.has(groupId))
    const [issue] = await lockNamedIssues(db, project.id, [issueId], 'visible')
    if (!issue || leaving.length < chosen.size) throw new DomainError('not_found')
    if (leaving.some(({ mergedFrom }) => mergedFrom === null))
      throw invalid('groupIds', 'A group that was not merged into this issue cannot leave it.')
    const origins = await lockNamedIssues(db, project.id, originsOf(leaving), 'merged')
    const ids = origins.map(({ id }) => id)
    await markUnmerged(db, {
      projectId: project.id,
      ...{ issueId, origins: ids, actorId },
      data: {
        issue: { issues: origins.map((origin) => nameOf(project, origin)) },
        origin: { from: nameOf(project, issue) },
      },
    })
    await markTotals(db, project.id, [issueId, ...ids])
    const restored: Issue[] = []
    for (const id of ids) restored.push(await view(db, project, id))
    return { issue: await view(db, project, issueId), restored }
  })
}

const idOf = (project: ProjectRef, reference: string): string => {
  const id = issueIdOf(project.slug, reference)
  if (!id) throw new DomainError('not_found')
  return BigInt(id).toString() // no leading zeros: ids are compared
}

const originsOf = (groups: readonly { mergedFrom: string | null }[]): string[] => [
  ...new Set(groups.flatMap(({ mergedFrom }) => mergedFrom ?? [])),
]

const nameOf = (project: ProjectRef, { id, title }: NamedIssue) => ({
  id,
  shortId: shortIdOf(project.slug, id),
  title,
})

const view = async (db: Db, project: ProjectRef, id: string): Promise<Issue> =>
  issueView(project, await needIssue(db, project, id))

const invalid = (path: string, message: string) =>
  new DomainError('validation_failed', { problems: [{ path, message }] }, `${path}: ${message}`)
