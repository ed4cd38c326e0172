import type { GroupingReason } from '#shared/schemas/issue.ts'
import type { Db } from '../database.ts'

export interface GroupRecord {
  id: string
  /** 32 lower hex */
  hash: string
  createdAt: Date
  why: GroupingReason
  mergedFrom: { id: string; title: string } | null
  eventCount: number
  lastSeen: Date | null
}

/**
 * The groups of an issue (at most 100), oldest first, with the issue each was merged from and its totals. Leans on
 * event_group_issue_idx (project_id, issue_id) and the primary keys of group_total and issue.
 */
export async function listIssueGroups(db: Db, projectId: number, issueId: string): Promise<GroupRecord[]> {
  const { rows } = await db.query<GroupRecord>({
    name: 'list-issue-groups',
    text: `
      select g.group_id::text as id, encode(g.hash, 'hex') as hash, g.created_at as "createdAt", g.why,
             coalesce(t.event_count, 0) as "eventCount", t.last_seen as "lastSeen",
             case when o.issue_id is not null then json_build_object('id', o.issue_id::text, 'title', o.title) end
               as "mergedFrom"
      from event_group g
      left join group_total t on t.project_id = g.project_id and t.group_id = g.group_id
      left join issue o on o.project_id = g.project_id and o.issue_id = g.merged_from
      where g.project_id = $1 and g.issue_id = $2::bigint
      order by g.group_id limit 100`,
    values: [projectId, issueId],
  })
  return rows
}
