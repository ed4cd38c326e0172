// Which issue each of some groups belongs to, for telling about events that were just stored. Without locks, unlike
// find-groups.ts: a merge meanwhile makes the answer old, not wrong. Those that are discarded or gone are missing.
// Leans on event_group's unique (project_id, version, hash), one probe a key.
import { bytesArray, plainArray } from '../array-literal.ts'
import type { Db } from '../database.ts'
import type { GroupKey } from './find-groups.ts'

export async function listIssueIds(
  db: Db,
  keys: readonly GroupKey[],
): Promise<(GroupKey & { issueId: string })[]> {
  const { rows } = await db.query<GroupKey & { issueId: string }>({
    name: 'list-issue-ids',
    text: `
      select g.project_id as "projectId", g.version, g.hash, g.issue_id::text as "issueId"
      from unnest($1::int[], $2::smallint[], $3::bytea[]) as k (project_id, version, hash)
      cross join lateral (
        select * from event_group g
        where g.project_id = k.project_id and g.version = k.version and g.hash = k.hash and g.discarded_at is null
        offset 0
      ) g`,
    values: [
      plainArray(keys.map((k) => k.projectId)),
      plainArray(keys.map((k) => k.version)),
      bytesArray(keys.map((k) => k.hash)),
    ],
  })
  return rows
}
