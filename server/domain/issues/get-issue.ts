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
  return wholeIssueView(db, project, await needIssue(db, project, reference))
}

/** @param reference the id or the short code */
export async function needIssue(db: Db, project: ProjectRef, reference: string): Promise<IssueRecord> {
  const issueId = issueIdOf(project.slug, reference)
  const issue = issueId && (await findIssue(db, project.id, issueId))
  if (!issue) throw new DomainError('not_found')
  return issue
}
