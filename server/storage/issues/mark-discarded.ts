import type { Db } from '../database.ts'

/**
 * Hides issues and makes the writers count what still comes of their groups without storing it, with history and news.
 * The count begins anew. The caller holds groups and issues. Leans on event_group_issue_idx and the primary keys.
 */
export async function markDiscarded(
  db: Db,
  discard: {
    projectId: number
    issueIds: readonly string[]
    groupIds: readonly number[]
    actorId: string
  },
): Promise<void> {
  const { projectId, issueIds, groupIds, actorId } = discard
  await db.query(
    `with g as (
       update event_group set discarded_at = now() where project_id = $1 and group_id = any($3::bigint[])
     ), t as (
       update group_total set discarded_count = 0, discarded_last = null
       where project_id = $1 and group_id = any($3::bigint[]) and discarded_count > 0
     ), i as (
       update issue set status = 'discarded', substatus = null, resolved_at = null, archive_until = null,
         archived_at = null, archive_date = null, archive_count = null, archive_hour_count = null, version = version + 1
       where project_id = $1 and issue_id = any($2::bigint[])
       returning issue_id
     ), a as (
       insert into issue_activity (project_id, issue_id, kind, actor_id) select $1, issue_id, 'discarded', $4 from i
     )
     insert into outbox (project_id, kind, issue_id, payload)
     select $1, 'issue.discarded', issue_id, jsonb_build_object('actorId', $4::text) from i`,
    [projectId, issueIds, groupIds, actorId],
  )
}
