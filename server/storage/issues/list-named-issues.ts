// Issues by their ids, of several projects at once, each with its project's short name; those that are not to be seen
// (merged, discarded, deleted) are missing. Leans on issue_pkey and project_pkey.
import { plainArray } from '../array-literal.ts'
import type { Db } from '../database.ts'
import { ISSUE_COLUMNS, type IssueRecord } from './issue-row.ts'
import { VISIBLE_STATUSES } from './issue-state.ts'

export interface NamedIssue extends IssueRecord {
  projectId: number
  projectSlug: string
}

export async function listNamedIssues(
  db: Db,
  issues: readonly { projectId: number; issueId: number }[],
): Promise<NamedIssue[]> {
  const { rows } = await db.query<NamedIssue>({
    name: 'list-named-issues',
    text: `
      select i.project_id as "projectId", p.slug as "projectSlug", ${ISSUE_COLUMNS}
      from unnest($1::int[], $2::bigint[]) as k (project_id, issue_id)
      cross join lateral (
        select * from issue i
        where i.project_id = k.project_id and i.issue_id = k.issue_id and i.status = any(${VISIBLE_STATUSES})
        offset 0
      ) i
      join project p on p.id = i.project_id
      left join "user" u on u.id = i.assignee_id`,
    values: [plainArray(issues.map((i) => i.projectId)), plainArray(issues.map((i) => i.issueId))],
  })
  return rows
}
