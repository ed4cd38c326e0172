// Resolve, reopen, archive or assign an issue: one transaction that holds the row, checks what the caller saw, changes it
// and writes the history and the news. A stale `version` is a conflict that carries the current state; asking for the
// state it has already changes nothing and is no error.
import { useDatabase, withTransaction } from '#server/storage/database.ts'
import { lockIssues } from '#server/storage/issues/lock-issues.ts'
import type { Issue, IssueChange } from '#shared/schemas/issue.ts'
import { DomainError } from '../errors.ts'
import { applyChange, knownChange } from './apply-change.ts'
import { needIssue } from './get-issue.ts'
import { wholeIssueView } from './issue-view.ts'
import type { ProjectRef } from './short-id.ts'

export interface ChangeRequest extends IssueChange {
  /** Id or short code. */
  reference: string
  /** The version the caller saw; absent: whatever it is. */
  version?: number | undefined
  actorId: string
}

export function changeStatus(project: ProjectRef, request: ChangeRequest): Promise<Issue> {
  const { reference, version, actorId, ...change } = request
  return withTransaction(useDatabase().read, async (db) => {
    const { id } = await needIssue(db, project, reference)
    const known = await knownChange(db, project.id, change)
    const [issue] = await lockIssues(db, project.id, [id])
    if (!issue) throw new DomainError('not_found')
    const current = async () => wholeIssueView(db, project, await needIssue(db, project, id))
    if (version !== undefined && version !== issue.version) {
      throw new DomainError('conflict', { current: await current() })
    }
    await applyChange(db, project.id, [issue], known, actorId)
    return current()
  })
}
