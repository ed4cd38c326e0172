import type { Db } from '../database.ts'

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
          select from issue where project_id = $1 and status = any('{unresolved,resolved,archived}')
            and first_seen >= $2 and first_seen <= $3 limit $4) t) as "newIssues",
       (select count(*) from (
          select from issue_activity where project_id = $1 and kind = 'regressed'
            and created_at >= $2 and created_at <= $3 limit $4) t) as regressed`,
    [projectId, since, until, bound + 1],
  )
  return rows[0]! // an aggregate always gives a row
}
