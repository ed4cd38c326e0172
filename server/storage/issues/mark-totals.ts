import type { Db } from '../database.ts'

/**
 * Sets the totals of issues to what their groups have together: after groups came or went. Users of several groups are
 * counted once, over group_user. What is appended and not folded yet is added by the next fold, for which these numbers
 * are right: the caller holds lock-regrouping.ts and the groups. An issue archived for n more events still waits for as
 * many. Leans on event_group_issue_idx and the primary keys of group_total and group_user.
 */
export async function markTotals(db: Db, projectId: number, issueIds: readonly string[]): Promise<void> {
  await db.query(
    `with sums as materialized (
       select g.issue_id, array_agg(g.group_id) as groups, coalesce(sum(t.event_count), 0) as events,
              coalesce(max(t.user_count), 0) as users,
              min(t.first_seen) filter (where t.event_count > 0) as first_seen,
              max(t.last_seen) filter (where t.event_count > 0) as last_seen
       from event_group g left join group_total t on t.project_id = g.project_id and t.group_id = g.group_id
       where g.project_id = $1 and g.issue_id = any($2::bigint[])
       group by g.issue_id
     ), totals as materialized (
       select *, case when cardinality(groups) = 1 then users else greatest(users, (
                   select count(distinct u.user_hash) from group_user u
                   where u.project_id = $1 and u.group_id = any(s.groups)
                 )) end as all_users
       from sums s
     )
     update issue i set
       event_count = t.events, user_count = t.all_users,
       first_seen = coalesce(t.first_seen, i.first_seen), last_seen = coalesce(t.last_seen, i.last_seen),
       archive_count = i.archive_count + (t.events - i.event_count)
     from totals t where i.project_id = $1 and i.issue_id = t.issue_id`,
    [projectId, issueIds],
  )
}
