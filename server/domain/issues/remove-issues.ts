// Deletes or discards issues that the caller's transaction holds.
import type { Db } from '#server/storage/database.ts'
import type { ProjectRef } from './short-id.ts'

/** @returns the ids of those that are gone */
export async function deleteIssues(
  db: Db,
  project: ProjectRef,
  issueIds: readonly string[],
  _actorId: string,
): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `delete from issue where project_id = $1 and issue_id = any($2::bigint[]) returning issue_id::text as id`,
    [project.id, issueIds],
  )
  return rows.map(({ id }) => id)
}

/** @returns the ids of those that were discarded here */
export async function discardIssues(
  db: Db,
  project: ProjectRef,
  issueIds: readonly string[],
  _actorId: string,
): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `update issue set status = 'discarded', substatus = null, version = version + 1
     where project_id = $1 and issue_id = any($2::bigint[]) returning issue_id::text as id`,
    [project.id, issueIds],
  )
  return rows.map(({ id }) => id)
}
