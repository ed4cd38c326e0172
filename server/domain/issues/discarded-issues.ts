// One issue deleted or discarded; the list of what a project discards; and bringing one back.
import type { z } from 'zod'
import { useDatabase, withTransaction, type Db } from '#server/storage/database.ts'
import { lockIssueGroups } from '#server/storage/groups/lock-issue-groups.ts'
import { lockRegrouping } from '#server/storage/groups/lock-regrouping.ts'
import { listDiscarded, type DiscardedRecord } from '#server/storage/issues/list-discarded.ts'
import { lockNamedIssues } from '#server/storage/issues/lock-named-issues.ts'
import { markRestored } from '#server/storage/issues/mark-restored.ts'
import { levelFromNumber } from '#shared/constants/levels.ts'
import type { discardedIssue, Issue } from '#shared/schemas/issue.ts'
import { DomainError } from '../errors.ts'
import { readPage, type Page } from '../search/page.ts'
import { needIssue } from './get-issue.ts'
import { issueView } from './issue-view.ts'
import { deleteIssues, discardIssues } from './remove-issues.ts'
import { issueIdOf, shortIdOf, type ProjectRef } from './short-id.ts'

export const deleteIssue = (project: ProjectRef, reference: string, actorId: string): Promise<void> =>
  removeOne(deleteIssues, project, reference, actorId)

export const discardIssue = (project: ProjectRef, reference: string, actorId: string): Promise<void> =>
  removeOne(discardIssues, project, reference, actorId)

async function removeOne(
  remove: (db: Db, project: ProjectRef, issueIds: string[], actorId: string) => Promise<string[]>,
  project: ProjectRef,
  reference: string,
  actorId: string,
): Promise<void> {
  const issueId = issueIdOf(project.slug, reference)
  if (!issueId) throw new DomainError('not_found')
  const removed = await withTransaction(useDatabase().read, (db) => remove(db, project, [issueId], actorId))
  if (removed.length === 0) throw new DomainError('not_found')
}

export async function listDiscardedIssues(
  project: ProjectRef,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
): Promise<Page<z.input<typeof discardedIssue>>> {
  const page = await readPage({
    scope: { list: 'discarded', project: project.id },
    cursor,
    limit,
    placeOf: (row: DiscardedRecord) => ({ value: row.discardedAt.toISOString(), id: row.activityId }),
    read: (keyset) => listDiscarded(useDatabase().read, project.id, keyset),
  })
  return {
    ...page,
    data: page.data.map((row) => ({
      ...row,
      shortId: shortIdOf(project.slug, row.id),
      level: levelFromNumber(row.level),
      discardedAt: row.discardedAt.toISOString(),
      lastSeen: row.lastSeen?.toISOString() ?? null,
    })),
  }
}

export function restoreDiscarded(project: ProjectRef, reference: string, actorId: string): Promise<Issue> {
  const issueId = issueIdOf(project.slug, reference)
  return withTransaction(useDatabase().read, async (db) => {
    if (!issueId) throw new DomainError('not_found')
    await lockRegrouping(db, project.id)
    await lockIssueGroups(db, project.id, [issueId])
    const [issue] = await lockNamedIssues(db, project.id, [issueId], 'discarded')
    if (!issue) throw new DomainError('not_found')
    await markRestored(db, { projectId: project.id, issueId, actorId })
    return issueView(project, await needIssue(db, project, issueId))
  })
}
