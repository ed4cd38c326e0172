import type { Db } from '../database.ts'

/**
 * Holds the issue until the transaction ends, so that its state is read and changed as one step. The writer's
 * regression and the folder take the same lock. Leans on issue's primary key.
 */
export async function lockIssue(db: Db, projectId: number, issueId: string): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'lock-issue',
    text: 'select from issue where project_id = $1 and issue_id = $2::bigint for no key update',
    values: [projectId, issueId],
  })
  return rowCount === 1
}
