import type { Db } from '../database.ts'
import { VISIBLE_STATUSES } from '../issues/issue-state.ts'

export interface IssueHealth {
  unresolved: number
  newIssues: number
  regressed: number
}

/**
 * How many issues are open, appeared and came back. Each count stops one above the bound: an exact number nobody reads
 * would cost as much as there are issues.
 * Leans on issue_last_seen_idx and issue_first_seen_idx (both begin with project_id, status) and on issue_activity's
 * primary key, whose part of this project is read for regressions.
 */
export async function countIssueHealth(
  db: Db,
  projectId: number,
  { since, until }: { since: Date; until: Date },
  bound: number,
): Promise<IssueHealth> {
  const { rows } = await db.query<IssueHealth>(
    `select
       (select count(*) from (
          select from issue where project_id = $1 and status = 'unresolved' limit $4) t) as unresolved,
       (select count(*) from (
          select from issue where project_id = $1 and status = any(${VISIBLE_STATUSES})
            and first_seen >= $2 and first_seen <= $3 limit $4) t) as "newIssues",
       (select count(*) from (
          select from issue_activity a where a.project_id = $1 and a.kind = 'regressed'
            and a.created_at >= $2 and a.created_at <= $3
            and exists (select from issue i where i.project_id = $1 and i.issue_id = a.issue_id
                          and i.status = any(${VISIBLE_STATUSES}) offset 0)
          limit $4) t) as regressed`,
    [projectId, since, until, bound + 1],
  )
  return rows[0]! // an aggregate always gives a row
}
