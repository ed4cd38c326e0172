// Resolve, reopen or archive an issue: one transaction that holds the row, checks what the caller saw, changes it and
// writes the history and the news. A stale `version` is a conflict that carries the current state; asking for the
// state it has already changes nothing and is no error.
import { useDatabase, withTransaction } from '#server/storage/database.ts'
import { lockIssue } from '#server/storage/issues/lock-issue.ts'
import { markStatus } from '#server/storage/issues/mark-status.ts'
import type { Issue, IssueStatus } from '#shared/schemas/issue.ts'
import { DomainError } from '../errors.ts'
import { needIssue } from './get-issue.ts'
import { issueView } from './issue-view.ts'
import { issueIdOf, type ProjectRef } from './short-id.ts'
import { transition } from './transition.ts'

export interface StatusRequest {
  /** Id or short code. */
  reference: string
  status: IssueStatus
  /** The version the caller saw; absent: whatever it is. */
  version?: number | undefined
  actorId: string
}

export function changeStatus(project: ProjectRef, request: StatusRequest): Promise<Issue> {
  const { version, actorId } = request
  const issueId = issueIdOf(project.slug, request.reference)
  return withTransaction(useDatabase().read, async (db) => {
    if (!issueId || !(await lockIssue(db, project.id, issueId))) throw new DomainError('not_found')
    const issue = await needIssue(db, project, issueId)
    if (version !== undefined && version !== issue.version) {
      throw new DomainError('conflict', { current: issueView(project, issue) })
    }
    const change = transition(issue.status, request.status)
    if (!change) return issueView(project, issue)
    await markStatus(db, { projectId: project.id, issueId, ...change, actorId })
    return issueView(project, await needIssue(db, project, issueId))
  })
}
