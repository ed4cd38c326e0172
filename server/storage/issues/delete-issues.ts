import type { Db } from '../database.ts'

/**
 * Removes issues, their history and their groups, with the news of it; an event of the same kind makes a new issue.
 * What else hangs on the groups is for the eraser. The caller holds groups and issues.
 * Leans on the primary keys and issue_activity_issue_idx.
 */
export async function deleteIssueRows(
  db: Db,
  removal: {
    projectId: number
    issueIds: readonly string[]
    /** Issues that were merged into these. */
    origins: readonly string[]
    groupIds: readonly number[]
    actorId: string
  },
): Promise<void> {
  const { projectId, issueIds, origins, groupIds, actorId } = removal
  await db.query(
    `with g as (
       delete from event_group where project_id = $1 and group_id = any($4::bigint[])
     ), i as (
       delete from issue where project_id = $1 and issue_id = any($2::bigint[] || $3::bigint[])
     ), a as (
       delete from issue_activity where project_id = $1 and issue_id = any($2::bigint[] || $3::bigint[])
     )
     insert into outbox (project_id, kind, issue_id, payload)
     select $1, 'issue.deleted', id, jsonb_build_object('actorId', $5::text) from unnest($2::bigint[]) as id`,
    [projectId, issueIds, origins, groupIds, actorId],
  )
}
