import type { Db } from '../database.ts'

export interface Unmerge {
  projectId: number
  issueId: string
  /** Merged issues that get their groups back. */
  origins: readonly string[]
  /** What the history of the issue says, and that of the origins. */
  data: { issue: object; origin: object }
  actorId: string
}

/**
 * Gives the groups of merged issues back to them, with history and news. The caller holds groups and issues, and adds
 * up the totals of all afterwards. Leans on event_group_issue_idx and issue's primary key.
 */
export async function markUnmerged(db: Db, unmerge: Unmerge): Promise<void> {
  const { projectId, issueId, origins, data, actorId } = unmerge
  await db.query(
    `with g as (
       update event_group set issue_id = merged_from, merged_from = null
       where project_id = $1 and issue_id = $2::bigint and merged_from = any($3::bigint[])
     ), i as (
       update issue set version = version + 1,
         status = case when issue_id = $2::bigint then status else 'unresolved' end,
         substatus = case when issue_id = $2::bigint then substatus else 'ongoing' end,
         merged_into = null
       where project_id = $1 and issue_id = any($2::bigint || $3::bigint[])
       returning issue_id, status, substatus, version
     ), a as (
       insert into issue_activity (project_id, issue_id, kind, actor_id, data)
       select $1, issue_id, 'unmerged', $6, case when issue_id = $2::bigint then $4::jsonb else $5::jsonb end from i
     )
     insert into outbox (project_id, kind, issue_id, payload)
     select $1, case when issue_id = $2::bigint then 'issue.updated' else 'issue.unmerged' end, issue_id,
            jsonb_build_object('status', status, 'substatus', substatus, 'version', version, 'actorId', $6::text)
     from i`,
    [projectId, issueId, origins, data.issue, data.origin, actorId],
  )
}
