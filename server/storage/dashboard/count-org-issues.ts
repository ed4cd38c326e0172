import { binder } from '../bind.ts'
import type { Db } from '../database.ts'
import { IS_ESCALATING, IS_REGRESSED, isNew } from '../issues/issue-state.ts'
import type { IssueHealth } from './count-issue-health.ts'

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
  const { bind, values } = binder()
  const ids = bind(projectIds)
  const most = bind(bound + 1)
  // An end that nobody asked for would have every issue's row read, where the index knows all that is counted.
  const range = [
    since && `and i.last_seen >= ${bind(since)}`,
    until && `and i.first_seen <= ${bind(until)}`,
  ].filter(Boolean)
  const count = (state = 'true') =>
    `(select count(*) from (
        select from issue i where i.project_id = p.id and i.status = 'unresolved' ${range.join(' ')} and ${state}
        limit ${most}) t)`
  const { rows } = await db.query<ProjectIssues>(
    `select p.id as "projectId", ${count()} as unresolved, ${count(isNew(bind(newSince)))} as "newIssues",
            ${count(IS_REGRESSED)} as regressed, ${count(IS_ESCALATING)} as escalating
     from unnest(${ids}::int[]) as p (id)`,
    values,
  )
  return rows
}
