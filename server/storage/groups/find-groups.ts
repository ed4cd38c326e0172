import { bytesArray, plainArray } from '../array-literal.ts'
import type { Db } from '../database.ts'

export interface GroupKey {
  projectId: number
  version: number
  hash: Buffer
}
export interface FoundGroup extends GroupKey {
  groupId: number
  issueId: number
  discarded: boolean
  /** ms since the epoch when its issue is resolved, else null. */
  resolvedAt: number | null
}

/**
 * The groups of a batch with the state of their issues; those that don't exist are missing from the answer.
 * Leans on event_group's unique (project_id, version, hash). The row locks, taken in key order, make a discard,
 * merge or delete on another node wait for this transaction, or this transaction see it (design §3.2).
 * Lateral, so that each key is two probes whatever the planner believes: as joins it was once planned while the tables
 * were nearly empty, and took 200 ms for 200 keys (measured).
 */
export async function findGroups(db: Db, keys: readonly GroupKey[]): Promise<FoundGroup[]> {
  const { rows } = await db.query<{
    project_id: number
    version: number
    hash: Buffer
    group_id: number
    issue_id: number
    discarded: boolean
    resolved_ms: number | null
  }>({
    name: 'find-groups',
    text: `
      select g.project_id, g.version, g.hash, g.group_id, g.issue_id, g.discarded_at is not null as discarded,
             case when i.status = 'resolved' then extract(epoch from i.resolved_at)::float8 * 1000 end as resolved_ms
      from (select * from unnest($1::int[], $2::smallint[], $3::bytea[]) as k (project_id, version, hash)
            order by 1, 2, 3) k
      cross join lateral (
        select * from event_group g
        where g.project_id = k.project_id and g.version = k.version and g.hash = k.hash
        for key share
      ) g
      cross join lateral (
        select i.status, i.resolved_at from issue i
        where i.project_id = g.project_id and i.issue_id = g.issue_id
        offset 0
      ) i`,
    values: [
      plainArray(keys.map((k) => k.projectId)),
      plainArray(keys.map((k) => k.version)),
      bytesArray(keys.map((k) => k.hash)),
    ],
  })
  return rows.map((r) => ({
    projectId: r.project_id,
    version: r.version,
    hash: r.hash,
    groupId: r.group_id,
    issueId: r.issue_id,
    discarded: r.discarded,
    resolvedAt: r.resolved_ms,
  }))
}
