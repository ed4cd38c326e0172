// Totals of the issues of some projects that were seen since a time, the newest of each project. Asked once a second
// for all projects that somebody looks at, whoever folded them. Leans on issue_last_seen_idx (project_id, status,
// last_seen desc), a range of each visible status.
import { plainArray } from '../array-literal.ts'
import type { Db } from '../database.ts'
import { VISIBLE_STATUSES } from '../issues/issue-state.ts'

export interface CountsRow {
  projectId: number
  id: string
  eventCount: number
  userCount: number
  lastSeen: Date
  level: number
}

export async function listRecentCounts(
  db: Db,
  projects: readonly { projectId: number; since: Date }[],
  limit: number,
): Promise<CountsRow[]> {
  const { rows } = await db.query<CountsRow>({
    name: 'list-recent-counts',
    text: `
      select i.*
      from unnest($1::int[], $2::timestamptz[]) as k (project_id, since)
      cross join lateral (
        select i.*
        from unnest(${VISIBLE_STATUSES}) as s (status)
        cross join lateral (
          select i.project_id as "projectId", i.issue_id::text as id, i.event_count as "eventCount",
                 i.user_count as "userCount", i.last_seen as "lastSeen", i.level
          from issue i
          where i.project_id = k.project_id and i.status = s.status and i.last_seen >= k.since
          order by i.last_seen desc, i.issue_id desc
          limit $3
        ) i
        order by i."lastSeen" desc
        limit $3
      ) i`,
    values: [plainArray(projects.map((p) => p.projectId)), projects.map((p) => p.since), limit],
  })
  return rows
}
