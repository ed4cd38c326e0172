import { bytesArray, plainArray } from '../array-literal.ts'
import type { Db } from '../database.ts'
import type { GroupKey } from './find-groups.ts'

export interface JoiningGroup extends GroupKey {
  why: object
  /** The group of the version the project comes from, of the same project. */
  previous: { version: number; hash: Buffer }
}

/** The event list of an issue merges its groups: each is one more index to read. */
export const MAX_GROUPS_PER_ISSUE = 100

/**
 * Makes groups that join the issue of an earlier group, with its discard and the issue it was merged from: nothing new to a person, so no activity and
 * no news. Whoever loses the race for one reads the winner's in its next statement. A group whose issue is full is not
 * made; the number is exact but for writers that fill one issue in the same moment.
 * Leans on event_group's unique (project_id, version, hash) and on event_group_issue_idx (project_id, issue_id). Rows go
 * in key order, so that two batches wait for each other and do not deadlock.
 */
export async function insertJoiningGroups(db: Db, groups: readonly JoiningGroup[]): Promise<void> {
  await db.query({
    name: 'insert-joining-groups',
    text: `
      with input as materialized (
        select n.project_id, n.version, n.hash, n.why, old.issue_id, old.discarded_at, old.merged_from,
               row_number() over (partition by n.project_id, old.issue_id order by n.version, n.hash) as nth
        from unnest($1::int[], $2::smallint[], $3::bytea[], $4::jsonb[], $5::smallint[], $6::bytea[])
          as n (project_id, version, hash, why, old_version, old_hash)
        cross join lateral (
          select g.issue_id, g.discarded_at, g.merged_from from event_group g
          where g.project_id = n.project_id and g.version = n.old_version and g.hash = n.old_hash
          offset 0
        ) old
      ), issue_room as (
        select i.project_id, i.issue_id, $7::int - (
          select count(*) from (
            select from event_group g where g.project_id = i.project_id and g.issue_id = i.issue_id limit $7::int
          ) taken
        ) as room
        from (select distinct project_id, issue_id from input) i
      )
      insert into event_group (project_id, version, hash, issue_id, why, discarded_at, merged_from)
      select project_id, version, hash, issue_id, why, discarded_at, merged_from
      from input join issue_room using (project_id, issue_id)
      where nth <= room
      order by project_id, version, hash
      on conflict (project_id, version, hash) do nothing`,
    values: [
      plainArray(groups.map((g) => g.projectId)),
      plainArray(groups.map((g) => g.version)),
      bytesArray(groups.map((g) => g.hash)),
      groups.map((g) => JSON.stringify(g.why)),
      plainArray(groups.map((g) => g.previous.version)),
      bytesArray(groups.map((g) => g.previous.hash)),
      MAX_GROUPS_PER_ISSUE,
    ],
  })
}
