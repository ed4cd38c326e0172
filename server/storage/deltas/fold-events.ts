import { FOLDING } from '../advisory-locks.ts'
import type { Db } from '../database.ts'

export interface Folded {
  /** Delta rows consumed. */
  rows: number
  /** Events they stood for. */
  events: number
  /** The largest delta id consumed, null when there was none. */
  maxId: number | null
  /** Left behind to be compared with a limit (domain/issues/escalate-issues.ts). */
  checks: number
  /** Left behind to be compared with a threshold (domain/alerts/fire-thresholds.ts). */
  alertChecks: number
  /** Nothing was done: somebody else folds the project, or moves its groups. To be asked again soon. */
  busy: boolean
}

/**
 * Users of a merged issue are counted anew, over all its groups, when one of them has a new user: who was seen in two
 * counts once. That reads a row per user and group; above so many, new users are only added.
 */
const RECOUNT_USERS_BELOW = 50_000

/**
 * Adds up a project's deltas: issue and group totals, sort keys, rollups. One statement, so one transaction: rows are
 * deleted exactly when what they stand for is added, whatever crashes. A try-lock per project keeps two nodes from
 * folding the same project at once (they would only wait for each other's rows); as the statement is its own
 * transaction, a frozen node cannot keep that lock.
 *
 * Who moves groups between issues (lock-regrouping.ts) takes the same lock, and then touches the project's row. This
 * statement's view of the tables may be older than its lock; if the row's newest version is not the one in view, groups
 * may have moved in between, and it is left for the next round. (FOR SHARE follows a row to its newest version; FOR KEY
 * SHARE is content with an old one whose key is the same. `offset 0` keeps the comparison from being made before.)
 *
 * Deltas with n = 0 stand for discarded events: they count for their group, and move nothing else.
 *
 * `afterId` is a hint, not a filter for correctness: below it this folder has seen everything committed. Deleted rows
 * stay in the table as long as anybody holds an old snapshot (a dump, an export), and reading past them again and
 * again is what would make folding slow just then. The caller comes back with 0 now and then.
 *
 * The planner knows nothing of how much there is to fold: the table is mostly empty when it is analysed, so it takes
 * thousands of deltas for one, and of two ways to join two single rows either may be the quadratic one (seen: 20,000
 * deltas, thirty seconds). So nothing here leaves it a choice: deltas are a range of ids, groups and issues are found
 * by probes, and what is compared with a table comes with its project's id from the rows, not from $1.
 *
 * Archived issues: one that waits for a number of events and has them now is open again by the update that counted
 * them, so exactly once. One that waits for an escalation cannot be judged here: another fold may have committed after
 * this statement's snapshot was taken and before its lock, and its counts of the hour would be missed. A row of
 * escalation_check is left instead, in this transaction; whoever reads it sees the counts it was left for. All of it
 * reads the rows that are locked anyway: where nothing is archived it costs a comparison for each issue.
 *
 * What alert rules count is added up by counter and minute, and left to be compared for the same reason. Deltas that
 * count for none (nearly all) are looked through and nothing more; counters of rules that were changed, switched off or
 * deleted since find none, and are dropped.
 * Leans on the primary keys of event_delta (project_id, id), event_group and issue, and on alert_rule_counter_idx.
 */
export async function foldEvents(
  db: Db,
  projectId: number,
  afterId: number,
  maxRows: number,
): Promise<Folded> {
  interface Row {
    rows: number
    events: number
    max_id: number | null
    checks: number
    alert_checks: number
    busy: boolean
  }
  const { rows } = await db.query<Row>({
    name: 'fold-events',
    text: `
      with try_lock as materialized (
        select pg_try_advisory_xact_lock(${FOLDING}, $1::int) as free
      ), lock as materialized (
        select t.free and not exists (
          select from (select ctid from project where id = $1::int and t.free for share offset 0) newest
          where newest.ctid <> (select ctid from project where id = $1::int)
        ) as held
        from try_lock t
      ), d as materialized (
        delete from event_delta
        where project_id = $1 and id > $2 and (select held from lock)
          and id <= coalesce((
            select id from event_delta where project_id = $1 and id > $2 order by project_id, id offset $3::int - 1 limit 1
          ), 9223372036854775807)
        returning *
      ), by_group as materialized (
        select project_id, group_id, sum(n) as n, sum(stored) as stored, sum(bytes) as bytes, sum(new_users) as new_users,
               min(first_seen) filter (where n > 0) as first_seen, max(last_seen) filter (where n > 0) as last_seen,
               (array_agg(level order by last_seen desc) filter (where n > 0))[1] as level,
               sum(discarded) as discarded, min(first_seen) filter (where n = 0) as discarded_first,
               max(last_seen) filter (where n = 0) as discarded_last
        from d group by project_id, group_id
      ), totals as (
        insert into group_total as t (project_id, group_id, event_count, stored_count, stored_bytes, user_count, first_seen, last_seen,
                                      discarded_count, discarded_last)
        select project_id, group_id, n, stored, bytes, new_users, coalesce(first_seen, discarded_first),
               coalesce(last_seen, discarded_last), discarded, discarded_last
        from by_group order by group_id
        on conflict (project_id, group_id) do update set
          event_count = t.event_count + excluded.event_count, stored_count = t.stored_count + excluded.stored_count,
          stored_bytes = t.stored_bytes + excluded.stored_bytes, user_count = t.user_count + excluded.user_count,
          first_seen = case when excluded.event_count = 0 then t.first_seen when t.event_count = 0 then excluded.first_seen
                       else least(t.first_seen, excluded.first_seen) end,
          last_seen = case when excluded.event_count = 0 then t.last_seen when t.event_count = 0 then excluded.last_seen
                      else greatest(t.last_seen, excluded.last_seen) end,
          discarded_count = t.discarded_count + excluded.discarded_count,
          discarded_last = greatest(t.discarded_last, excluded.discarded_last)
      ), by_issue as materialized (
        select b.project_id, g.issue_id, sum(b.n) as n, sum(b.new_users) as new_users, min(b.first_seen) as first_seen,
               max(b.last_seen) as last_seen, (array_agg(b.level order by b.last_seen desc))[1] as level
        from by_group b
        cross join lateral (
          select issue_id from event_group g where g.project_id = b.project_id and g.group_id = b.group_id offset 0
        ) g
        where b.n > 0
        group by b.project_id, g.issue_id
      ), locked as materialized (
        select b.*, i.waits_for, i.archived_at, i.waits_for = 'count' and i.event_count + b.n >= i.archive_count as back,
               case when b.new_users > 0 and i.user_count < ${RECOUNT_USERS_BELOW} then (
                 select case when cardinality(g.ids) > 1 then (
                   select count(distinct u.user_hash) from group_user u
                   where u.project_id = b.project_id and u.group_id = any(g.ids)
                 ) end
                 from (select array(
                   select group_id from event_group g where g.project_id = b.project_id and g.issue_id = b.issue_id
                 ) as ids) g
               ) end as users
        from (select * from by_issue order by issue_id) b
        cross join lateral (
          select case when status = 'archived' then archive_until end as waits_for, archived_at, archive_count,
                 event_count, user_count
          from issue i where i.project_id = b.project_id and i.issue_id = b.issue_id for no key update
        ) i
      ), issues as (
        update issue i set
          event_count = i.event_count + b.n,
          user_count = case when b.users is null then i.user_count + b.new_users else greatest(i.user_count, b.users) end,
          first_seen = least(i.first_seen, b.first_seen), last_seen = greatest(i.last_seen, b.last_seen),
          level = case when b.last_seen >= i.last_seen then b.level else i.level end,
          status = case when b.back then 'unresolved' else i.status end,
          substatus = case when b.back then 'ongoing' else i.substatus end,
          archive_until = case when b.back then null else i.archive_until end,
          archived_at = case when b.back then null else i.archived_at end,
          archive_count = case when b.back then null else i.archive_count end,
          version = i.version + case when b.back then 1 else 0 end
        from locked b
        where i.project_id = b.project_id and i.issue_id = b.issue_id
        returning i.project_id, i.issue_id, i.version, b.back
      ), back as (
        insert into issue_activity (project_id, issue_id, kind, data)
        select project_id, issue_id, 'unresolved', '{"reason": "count"}' from issues where back
      ), back_news as (
        insert into outbox (project_id, kind, issue_id, payload)
        select project_id, 'issue.updated', issue_id,
               jsonb_build_object('status', 'unresolved', 'substatus', 'ongoing', 'version', version, 'reason', 'count')
        from issues where back
      ), checks as (
        insert into escalation_check (project_id, issue_id, hour)
        select b.project_id, b.issue_id, h.hour
        from locked b
        cross join lateral generate_series(
          date_trunc('hour', greatest(b.first_seen, b.archived_at), 'UTC'), b.last_seen, interval '1 hour'
        ) as h (hour)
        where b.waits_for = 'escalating'
        returning 1
      ), minutes as (
        insert into rollup_project_minute as r (project_id, bucket, n)
        select $1, minute, sum(n) from d where n > 0 group by minute order by minute
        on conflict (project_id, bucket) do update set n = r.n + excluded.n
      ), quarters as (
        insert into rollup_project_quarter as r (project_id, bucket, level, environment, n)
        select $1, date_bin('15 minutes', minute, timestamptz '2000-01-01 00:00Z') as bucket, level, environment, sum(n)
        from d where n > 0 group by 2, 3, 4 order by 2, 3, 4
        on conflict (project_id, bucket, level, environment) do update set n = r.n + excluded.n
      ), hours as (
        insert into rollup_group_hour as r (project_id, group_id, bucket, environment, n)
        select $1, group_id, date_trunc('hour', minute, 'UTC') as bucket, environment, sum(n)
        from d where n > 0 group by 2, 3, 4 order by 2, 3, 4
        on conflict (project_id, group_id, bucket, environment) do update set n = r.n + excluded.n
      ), vals as (
        insert into rollup_value_hour as r (project_id, bucket, kind, value, n)
        select $1, bucket, kind, value, sum(n) from (
          select date_trunc('hour', minute, 'UTC') as bucket, 'environment' as kind, environment as value, n from d where n > 0
          union all
          select date_trunc('hour', minute, 'UTC'), 'release', release, n from d where release is not null and n > 0
        ) v group by 2, 3, 4 order by 2, 3, 4
        on conflict (project_id, bucket, kind, value) do update set n = r.n + excluded.n
      ), stored_days as (
        insert into stored_day as r (project_id, received_on, expires_on, events, bytes)
        select $1, (minute at time zone 'UTC')::date as received_on, expires_on, sum(stored), sum(bytes)
        from d where stored > 0 group by 2, 3 order by 2, 3
        on conflict (project_id, received_on, expires_on)
          do update set events = r.events + excluded.events, bytes = r.bytes + excluded.bytes
      ), stored_groups as (
        insert into stored_group as r (project_id, expires_on, group_id, events, bytes)
        select $1, expires_on, group_id, sum(stored), sum(bytes) from d where stored > 0 group by 2, 3 order by 2, 3
        on conflict (project_id, expires_on, group_id)
          do update set events = r.events + excluded.events, bytes = r.bytes + excluded.bytes
      ), rule_sums as materialized (
        select s.project_id, s.counter_id, case when r.per_issue then s.group_id else 0 end as group_id, s.minute,
               sum(s.n) as n
        from (
          select d.project_id, c.id as counter_id, d.group_id, d.minute, sum(d.n) as n
          from d cross join lateral unnest(d.rules) as c (id)
          where d.n > 0 group by 1, 2, 3, 4
        ) s
        cross join lateral (
          select per_issue from alert_rule r
          where r.project_id = s.project_id and r.counter_id = s.counter_id and r.enabled offset 0
        ) r
        group by 1, 2, 3, 4
      ), rule_counts as (
        insert into rule_count as r (project_id, counter_id, group_id, minute, n)
        select project_id, counter_id, group_id, minute, n from rule_sums order by 1, 2, 3, 4
        on conflict (project_id, counter_id, group_id, minute) do update set n = r.n + excluded.n
      ), alert_checks as (
        insert into alert_check (project_id, counter_id, group_id, minute)
        -- the project first: in a flood its own alert is not crowded out by those of issues
        select project_id, counter_id, group_id, minute from rule_sums order by group_id, counter_id, minute
        returning 1
      ), arrived as (
        update project p set first_event_at = d.first_seen from (select min(first_seen) as first_seen from d) d
        where p.id = $1 and p.first_event_at is null and d.first_seen is not null
      )
      select count(*)::int as rows, coalesce(sum(n), 0)::bigint as events, max(id) as max_id,
             (select count(*) from checks)::int as checks, (select count(*) from alert_checks)::int as alert_checks, not (select held from lock) as busy
      from d`,
    values: [projectId, afterId, maxRows],
  })
  const row = rows[0]!
  const { rows: consumed, events, max_id: maxId, checks, alert_checks: alertChecks, busy } = row
  return { rows: consumed, events, maxId, checks, alertChecks, busy }
}
