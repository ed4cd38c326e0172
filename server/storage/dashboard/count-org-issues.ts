import type { Db } from '../database.ts'
import { IS_ESCALATING, IS_REGRESSED, isNew, type IssueHealth } from './count-issue-health.ts'

export interface ProjectIssues extends IssueHealth {
  projectId: number
}

/**
 * The same figures as count-issue-health.ts for many projects in one statement: unresolved issues seen in the range,
 * each count bounded. Leans on issue_last_seen_idx, issue_first_seen_idx and issue_notable_idx, once for each project.
 */
export async function countOrgIssues(
  db: Db,
  projectIds: readonly number[],
  { since, until }: { since: Date | null; until: Date | null },
  newSince: Date,
  bound: number,
): Promise<ProjectIssues[]> {
  const count = (state = 'true') =>
    `(select count(*) from (
        select from issue i where i.project_id = p.id and i.status = 'unresolved'
          and i.last_seen >= coalesce($2::timestamptz, '-infinity')
          and i.first_seen <= coalesce($3::timestamptz, 'infinity') and ${state}
        limit $5) t)`
  const { rows } = await db.query<ProjectIssues>(
    `select p.id as "projectId", ${count()} as unresolved, ${count(isNew('$4'))} as "newIssues",
            ${count(IS_REGRESSED)} as regressed, ${count(IS_ESCALATING)} as escalating
     from unnest($1::int[]) as p (id)`,
    [projectIds, since, until, newSince, bound + 1],
  )
  return rows
}
