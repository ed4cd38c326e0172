import type { Db } from '../database.ts'
import { STATE_COLUMNS, VISIBLE_STATUSES, type HeldIssue } from './issue-state.ts'

/**
 * Holds issues until the transaction ends, so that their state is read and changed as one step; the writer's regression
 * and the folder take the same locks, in the same order. Those that are missing or hidden are missing from the answer.
 * Leans on issue's primary key.
 */
export async function lockIssues(
  db: Db,
  projectId: number,
  issueIds: readonly string[],
): Promise<HeldIssue[]> {
  const { rows } = await db.query<HeldIssue>({
    name: 'lock-issues',
    text: `
      select ${STATE_COLUMNS} from issue i
      where i.project_id = $1 and i.issue_id = any($2::bigint[]) and i.status = any(${VISIBLE_STATUSES})
      order by i.issue_id
      for no key update`,
    values: [projectId, issueIds],
  })
  return rows
}
