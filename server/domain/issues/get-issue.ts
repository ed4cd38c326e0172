// One issue of a project. Routes below an issue ask here first, so that a foreign id is "not found" everywhere, and that
// of an issue that was merged leads to the issue it is part of now.
import { useDatabase, type Db } from '#server/storage/database.ts'
import { findIssue } from '#server/storage/issues/find-issue.ts'
import type { IssueRecord } from '#server/storage/issues/issue-row.ts'
import type { Issue } from '#shared/schemas/issue.ts'
import { DomainError } from '../errors.ts'
import { wholeIssueView } from './issue-view.ts'
import { issueIdOf, type ProjectRef } from './short-id.ts'

export async function getIssue(project: ProjectRef, reference: string): Promise<Issue> {
  const db = useDatabase().read
  return wholeIssueView(db, project, await needIssueOrTarget(db, project, reference))
}

/**
 * For whoever changes it: what was merged into another issue is not there.
 * @param reference the id or the short code
 */
export const needIssue = (db: Db, project: ProjectRef, reference: string): Promise<IssueRecord> =>
  need(db, project, reference, { orTarget: false })

/** For readers: links to what was merged lead to the issue it is part of now. */
export const needIssueOrTarget = (db: Db, project: ProjectRef, reference: string): Promise<IssueRecord> =>
  need(db, project, reference, { orTarget: true })

async function need(
  db: Db,
  project: ProjectRef,
  reference: string,
  options: { orTarget: boolean },
): Promise<IssueRecord> {
  const issueId = issueIdOf(project.slug, reference)
  const issue = issueId && (await findIssue(db, project.id, issueId, options))
  if (!issue) throw new DomainError('not_found')
  return issue
}
