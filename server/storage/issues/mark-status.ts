import type { IssueStatus } from '#shared/schemas/issue.ts'
import type { Db } from '../database.ts'

export interface StatusChange {
  projectId: number
  issueId: string
  status: IssueStatus
  substatus: string | null
  /** What the history says. */
  activity: string
  actorId: string
}

/**
 * Changes an issue's state, with its history and its news, in one statement: none without the others. The caller holds
 * the row (lock-issue). `resolved_at` is PostgreSQL's clock, which also stamps events: an event received after it is a
 * regression. Taken now, not at the start of the transaction, which may have waited for the lock.
 * Leans on issue's primary key.
 */
export async function markStatus(db: Db, change: StatusChange): Promise<void> {
  const { projectId, issueId, status, substatus, activity, actorId } = change
  await db.query({
    name: 'mark-status',
    text: `
      with i as (
        update issue set status = $3, substatus = $4, version = version + 1,
          resolved_at = case when $3 = 'resolved' then clock_timestamp() end
        where project_id = $1 and issue_id = $2::bigint
        returning project_id, issue_id, status, substatus, version
      ), a as (
        insert into issue_activity (project_id, issue_id, kind, actor_id)
        select project_id, issue_id, $5, $6 from i
      )
      insert into outbox (project_id, kind, issue_id, payload)
      select project_id, 'issue.updated', issue_id,
             jsonb_build_object('status', status, 'substatus', substatus, 'version', version, 'actorId', $6::text)
      from i`,
    values: [projectId, issueId, status, substatus, activity, actorId],
  })
}
