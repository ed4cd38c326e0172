import type { Db } from '../database.ts'
import type { RuleCheck } from './rule-checks.ts'

export interface RuleWindow {
  checkId: number
  ruleId: number
  /** `0`: the whole project. */
  issueId: string
  /** Events, or distinct users, of the fullest window that has the minute in it. */
  n: number
  /** Its last minute. */
  minute: Date
}

/**
 * Of changed counts, those with a window above the threshold of their rule. A window of m minutes is a minute and the
 * m - 1 before it. All that have the changed minute in them are looked at, and of these the ones that end in a minute
 * with events: none is fuller. For what arrives in time that is one; for what waited in a spool it is all of then.
 *
 * An issue's groups count together, so merging and unmerging hold at once. Users are told apart over all groups.
 * Leans on alert_rule_counter_idx, event_group's primary key and event_group_issue_idx, and the primary keys of
 * rule_count and rule_user; everything is a probe, as the planner takes every list for a row.
 */
export async function countRuleWindows(
  db: Db,
  projectId: number,
  checks: readonly RuleCheck[],
): Promise<RuleWindow[]> {
  const { rows } = await db.query<RuleWindow>({
    name: 'count-rule-windows',
    text: `
      select c.id as "checkId", r.rule_id as "ruleId", i.issue_id::text as "issueId", w.n, w.minute
      from unnest($2::bigint[], $3::int[], $4::bigint[], $5::timestamptz[]) as c (id, counter_id, group_id, minute)
      cross join lateral (
        select r.rule_id, r.trigger, r.threshold, make_interval(mins => r.window_minutes) as span,
               make_interval(mins => r.window_minutes - 1) as reach
        from alert_rule r
        where r.project_id = $1 and r.counter_id = c.counter_id and r.enabled offset 0
      ) r
      cross join lateral (
        select case when c.group_id = 0 then 0 else (
          select g.issue_id from event_group g where g.project_id = $1 and g.group_id = c.group_id
        ) end as issue_id offset 0
      ) i
      cross join lateral (
        select case when c.group_id = 0 then array[0::bigint] else array(
          select g.group_id from event_group g where g.project_id = $1 and g.issue_id = i.issue_id
        ) end as ids offset 0
      ) g
      cross join lateral (
        select e.minute, case when r.trigger = 'users' then (
                 select count(distinct u.user_hash) from rule_user u
                 where u.project_id = $1 and u.counter_id = c.counter_id and u.group_id = any(g.ids)
                   and u.minute > e.minute - r.span and u.minute <= e.minute
               ) else e.n end as n
        from (
          select k.minute, sum(sum(k.n)) over (order by k.minute range between r.reach preceding and current row) as n
          from rule_count k
          where k.project_id = $1 and k.counter_id = c.counter_id and k.group_id = any(g.ids)
            and k.minute > c.minute - r.span and k.minute < c.minute + r.span
          group by k.minute
        ) e
        where e.minute >= c.minute
        order by n desc, e.minute limit 1
      ) w
      where i.issue_id is not null and w.n > r.threshold`,
    values: [
      projectId,
      checks.map((c) => c.id),
      checks.map((c) => c.counterId),
      checks.map((c) => c.groupId),
      checks.map((c) => c.minute),
    ],
  })
  return rows
}
