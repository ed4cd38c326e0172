import type { Db } from '../database.ts'

export interface Merge {
  projectId: number
  target: string
  /** Issues whose groups go to the target. */
  sources: readonly string[]
  /** Issues that were merged into a source before: they are part of the target now. */
  origins: readonly string[]
  /** What the history of the target says, and that of the sources. */
  data: { target: object; source: object }
  actorId: string
}

/**
 * Hands the groups of the sources to the target, with history and news. A group remembers the issue it was made for,
 * however often it is moved. The caller holds groups and issues, and adds up the target's totals afterwards.
 * Leans on event_group_issue_idx and issue's primary key.
 */
export async function markMerged(db: Db, merge: Merge): Promise<void> {
  const { projectId, target, sources, origins, data, actorId } = merge
  await db.query(
    `with g as (
       update event_group set issue_id = $2::bigint, merged_from = coalesce(merged_from, issue_id)
       where project_id = $1 and issue_id = any($3::bigint[])
     ), part as (
       update issue set status = 'merged', merged_into = $2::bigint, substatus = null, resolved_at = null,
         archive_until = null, archived_at = null, archive_date = null, archive_count = null, archive_hour_count = null, version = version + 1
       where project_id = $1 and issue_id = any($3::bigint[] || $4::bigint[])
     ), whole as (
       update issue set version = version + 1, level = (
         select level from issue where project_id = $1 and issue_id = any($2::bigint || $3::bigint[])
         order by last_seen desc limit 1)
       where project_id = $1 and issue_id = $2::bigint
       returning status, substatus, version
     ), a as (
       insert into issue_activity (project_id, issue_id, kind, actor_id, data)
       select $1, s, 'merged', $7, $6::jsonb from unnest($3::bigint[]) as s
       union all select $1, $2::bigint, 'merged', $7, $5::jsonb
     )
     insert into outbox (project_id, kind, issue_id, payload)
     select $1, 'issue.merged', s, jsonb_build_object('into', $2::text, 'actorId', $7::text) from unnest($3::bigint[]) as s
     union all
     select $1, 'issue.updated', $2::bigint,
            jsonb_build_object('status', status, 'substatus', substatus, 'version', version, 'actorId', $7::text)
     from whole`,
    [projectId, target, sources, origins, data.target, data.source, actorId],
  )
}
