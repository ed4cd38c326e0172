import type { Db } from '../database.ts'

/**
 * Brings a discarded issue back, with history and news: new events of its groups are stored again. The caller holds
 * groups and issue. Leans on event_group_issue_idx and issue's primary key.
 */
export async function markRestored(
  db: Db,
  { projectId, issueId, actorId }: { projectId: number; issueId: string; actorId: string },
): Promise<void> {
  await db.query(
    `with g as (
       update event_group set discarded_at = null where project_id = $1 and issue_id = $2::bigint
     ), i as (
       update issue set status = 'unresolved', substatus = 'ongoing', version = version + 1
       where project_id = $1 and issue_id = $2::bigint
       returning status, substatus, version
     ), a as (
       insert into issue_activity (project_id, issue_id, kind, actor_id) select $1, $2::bigint, 'restored', $3 from i
     )
     insert into outbox (project_id, kind, issue_id, payload)
     select $1, 'issue.restored', $2::bigint,
            jsonb_build_object('status', status, 'substatus', substatus, 'version', version, 'actorId', $3::text)
     from i`,
    [projectId, issueId, actorId],
  )
}
