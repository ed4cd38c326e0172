import type { Db } from '../database.ts'
import { ISSUE_COLUMNS, type IssueRecord } from './issue-row.ts'
import { VISIBLE_STATUSES } from './issue-state.ts'

/**
 * One issue of the project; null for those that are discarded. Leans on issue's primary key (project_id, issue_id).
 * @param orTarget of a merged one, the issue it is part of now, however many steps that is; otherwise null
 */
export async function findIssue(
  db: Db,
  projectId: number,
  issueId: string,
  { orTarget = false } = {},
): Promise<IssueRecord | null> {
  const { rows } = await db.query<IssueRecord>({
    name: orTarget ? 'find-issue-or-target' : 'find-issue',
    text: orTarget ? ONE_OR_TARGET : ONE,
    values: [projectId, issueId],
  })
  return rows[0] ?? null
}

const ONE = `
  select ${ISSUE_COLUMNS}
  from issue i left join "user" u on u.id = i.assignee_id
  where i.project_id = $1 and i.issue_id = $2::bigint and i.status = any(${VISIBLE_STATUSES})`

const ONE_OR_TARGET = `
  with recursive way as (
    select issue_id, status, merged_into from issue where project_id = $1 and issue_id = $2::bigint
    union
    select i.issue_id, i.status, i.merged_into
    from way w join issue i on i.project_id = $1 and i.issue_id = w.merged_into
    where w.status = 'merged'
  )
  select ${ISSUE_COLUMNS}
  from way w
  cross join lateral (select * from issue i where i.project_id = $1 and i.issue_id = w.issue_id offset 0) i
  left join "user" u on u.id = i.assignee_id
  where w.status = any(${VISIBLE_STATUSES})`
