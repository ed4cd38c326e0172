import type { Db } from '../database.ts'
import { ISSUE_COLUMNS, type IssueRecord } from './issue-row.ts'

/** One issue of the project. Leans on issue's primary key (project_id, issue_id). */
export async function findIssue(db: Db, projectId: number, issueId: string): Promise<IssueRecord | null> {
  const { rows } = await db.query<IssueRecord>({
    name: 'find-issue',
    text: `
      select ${ISSUE_COLUMNS}
      from issue i left join "user" u on u.id = i.assignee_id
      where i.project_id = $1 and i.issue_id = $2::bigint`,
    values: [projectId, issueId],
  })
  return rows[0] ?? null
}
