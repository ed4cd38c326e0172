import type { IssueStatus } from '#shared/schemas/issue.ts'
import type { Db } from '../database.ts'

export interface IssueName {
  id: string
  title: string
  status: IssueStatus | 'discarded' | 'merged'
}

/** What issues are called and how they stand, hidden ones too. Leans on issue's primary key. */
export async function findIssueNames(
  db: Db,
  projectId: number,
  issueIds: readonly string[],
): Promise<IssueName[]> {
  const { rows } = await db.query<IssueName>(
    `select issue_id::text as id, title, status from issue where project_id = $1 and issue_id = any($2::bigint[])`,
    [projectId, issueIds],
  )
  return rows
}
