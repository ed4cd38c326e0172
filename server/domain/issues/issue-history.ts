// What an issue page shows beside its events: who did what, and why these events are one issue.
import type { z } from 'zod'
import { useDatabase } from '#server/storage/database.ts'
import { listActivity, type ActivityRecord } from '#server/storage/issues/list-activity.ts'
import { listIssueGroups } from '#server/storage/issues/list-issue-groups.ts'
import type { Activity, issueGroup } from '#shared/schemas/issue.ts'
import { readPage, type Page } from '../search/page.ts'
import { needIssueOrTarget } from './get-issue.ts'
import { shortIdOf, type ProjectRef } from './short-id.ts'

export async function issueActivity(
  project: ProjectRef,
  reference: string,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
): Promise<Page<Activity>> {
  const db = useDatabase().read
  const issue = await needIssueOrTarget(db, project, reference)
  const page = await readPage({
    scope: { list: 'activity', project: project.id, issue: issue.id },
    cursor,
    limit,
    placeOf: ({ id }: ActivityRecord) => ({ value: id, id }),
    read: (keyset) => listActivity(db, project.id, issue.id, keyset),
  })
  return { ...page, data: page.data.map((row) => ({ ...row, createdAt: row.createdAt.toISOString() })) }
}

export async function issueGroups(
  project: ProjectRef,
  reference: string,
): Promise<{ data: z.input<typeof issueGroup>[]; nextCursor: null }> {
  const db = useDatabase().read
  const issue = await needIssueOrTarget(db, project, reference)
  const groups = await listIssueGroups(db, project.id, issue.id)
  return {
    data: groups.map(({ mergedFrom, ...group }) => ({
      ...group,
      createdAt: group.createdAt.toISOString(),
      lastSeen: group.lastSeen?.toISOString() ?? null,
      mergedFrom: mergedFrom && { ...mergedFrom, shortId: shortIdOf(project.slug, mergedFrom.id) },
    })),
    nextCursor: null,
  }
}
