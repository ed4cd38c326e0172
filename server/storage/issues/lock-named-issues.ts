import type { Db } from '../database.ts'

export interface NamedIssue {
  id: string
  title: string
}

/**
 * Holds those of the issues that are in a state, in the order of all who lock several. Leans on issue's primary key.
 * @returns in the order of their ids; who is missing is in another state or not there
 */
export async function lockNamedIssues(
  db: Db,
  projectId: number,
  issueIds: readonly string[],
  state: 'visible' | 'discarded' | 'merged',
): Promise<NamedIssue[]> {
  const statuses = state === 'visible' ? ['unresolved', 'resolved', 'archived'] : [state]
  const { rows } = await db.query<NamedIssue>(
    `select issue_id::text as id, title from issue
     where project_id = $1 and issue_id = any($2::bigint[]) and status = any($3::text[])
     order by issue_id for no key update`,
    [projectId, issueIds, statuses],
  )
  return rows
}
