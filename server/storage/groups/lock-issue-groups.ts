import type { Db } from '../database.ts'

export interface LockedGroup {
  groupId: number
  issueId: string
  /** The issue it had before it was merged. */
  mergedFrom: string | null
}

/**
 * Holds all groups of some issues against writers, in the writers' order, that of the unique key. FOR UPDATE, because
 * that alone conflicts with their KEY SHARE: a writer whose view of the tables is older than the change reads the row as
 * it is then. An update of anything but the key would pass beside it, and the writer would be content with the old row.
 * Leans on event_group_issue_idx. The caller holds lock-regrouping.ts, so that no group is added meanwhile.
 */
export async function lockIssueGroups(
  db: Db,
  projectId: number,
  issueIds: readonly string[],
): Promise<LockedGroup[]> {
  const { rows } = await db.query<LockedGroup>(
    `select group_id as "groupId", issue_id::text as "issueId", merged_from::text as "mergedFrom"
     from event_group where project_id = $1 and issue_id = any($2::bigint[])
     order by version, hash for update`,
    [projectId, issueIds],
  )
  return rows
}
