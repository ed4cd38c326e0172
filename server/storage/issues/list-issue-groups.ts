import type { GroupingReason } from '#shared/schemas/issue.ts'
import type { Db } from '../database.ts'

export interface GroupRecord {
  id: string
  /** 32 lower hex */
  hash: string
  createdAt: Date
  why: GroupingReason
}

/** The groups of an issue (at most 100), oldest first. Leans on event_group_issue_idx (project_id, issue_id). */
export async function listIssueGroups(db: Db, projectId: number, issueId: string): Promise<GroupRecord[]> {
  const { rows } = await db.query<GroupRecord>({
    name: 'list-issue-groups',
    text: `
      select group_id::text as id, encode(hash, 'hex') as hash, created_at as "createdAt", why
      from event_group where project_id = $1 and issue_id = $2::bigint
      order by group_id limit 100`,
    values: [projectId, issueId],
  })
  return rows
}
