import type { Db } from '../database.ts'
import type { OutboxPosition } from '../outbox/list-outbox.ts'
import { ALERT_NEWS } from './alert-news.ts'

/** A rule that was met: one for each cause, or each comparison. */
export interface Candidate {
  projectId: number
  ruleId: number
  /** `0`: the whole project. */
  issueId: string
  /** The outbox row that is the cause, or the `alert_check` that was compared. */
  origin: number
  /** Causes, or what the window had. */
  n: number
  /** What will be said of the cause: event, window. */
  cause: object
}
export interface Fired {
  /** False: somebody else was first, and nothing was done. */
  claimed: boolean
  /** New alerts, those told of by the roll-up left out. */
  fired: number
}

/** New alerts of a project within the window; more are one alert that says how many. */
export const FLOOD_ALERTS = 50
export const FLOOD_MINUTES = 10
/** An alert that is raised again and again is news this often. */
const NEWS_EVERY_SECONDS = 10

/**
 * Moves the alerter's place in the outbox and writes the alerts of what lies between, in one statement: exactly once,
 * whoever else read the same rows and whatever crashes. The place itself is the fence: who was slower finds it moved,
 * and does nothing. As nothing is held between reading and this, a frozen node holds nobody up.
 */
export const fireCaused = (
  db: Db,
  { from, to }: { from: OutboxPosition; to: OutboxPosition },
  candidates: readonly Candidate[],
): Promise<Fired> =>
  fire(db, { name: 'fire-caused', text: CAUSED }, [from.xid, from.id, to.xid, to.id], candidates)

/**
 * Takes comparisons away and writes the alerts of those that were above their threshold, in one statement: who compared
 * the same ones and was slower finds them gone, and their candidates count for nothing.
 */
export const fireCounted = (
  db: Db,
  { projectId, checkIds }: { projectId: number; checkIds: readonly number[] },
  candidates: readonly Candidate[],
): Promise<Fired> =>
  fire(db, { name: 'fire-counted', text: COUNTED }, [projectId, checkIds, null, null], candidates)

async function fire(
  db: Db,
  statement: { name: string; text: string },
  claim: unknown[],
  candidates: readonly Candidate[],
): Promise<Fired> {
  const { rows } = await db.query<Fired>({
    ...statement,
    values: [
      ...claim,
      candidates.map((c) => c.projectId),
      candidates.map((c) => c.ruleId),
      candidates.map((c) => c.issueId),
      candidates.map((c) => c.origin),
      candidates.map((c) => c.n),
      candidates.map((c) => JSON.stringify(c.cause)),
    ],
  })
  return rows[0]! // aggregates always give a row
}

const CAUSED = statement({
  claim: `update outbox_reader set xid = $3::xid8, id = $4::bigint
          where name = 'alerter' and xid = $1::xid8 and id = $2::bigint returning 1`,
  claimed: 'exists (select from claim)',
  // A cause alerts once even if the outbox were read again.
  novel: `, novel as (
      insert into alert_cause (project_id, rule_id, cause)
      select project_id, rule_id, origin from input order by 1, 2, 3 on conflict do nothing
      returning project_id, rule_id, cause
    )`,
  isNovel: '(i.project_id, i.rule_id, i.origin) in (select project_id, rule_id, cause from novel)',
})
const COUNTED = statement({
  claim: `delete from alert_check where project_id = $1::int and id = any($2::bigint[]) and $3::text is null
          and $4::text is null returning id`,
  claimed: 't.origin in (select id from claim)',
  novel: '',
  isNovel: 'true',
})

/**
 * Rules that were switched off or muted, and issues that were archived, discarded or merged since, do not alert. An open
 * alert is raised; a new one is made when the cooldown since the last cause of the one before has passed, and the
 * project has room for more. At most one is open by alert_open_idx: whoever inserts second raises the first. Two who
 * fire for one project at once may exceed the flood's limit by what they have in hand; nothing waits for a lock.
 *
 * Each new alert is to be sent to the webhooks of its rule, the roll-up to those of the rules it hides: once each, by
 * webhook_delivery_once_idx.
 *
 * The planner takes each list for a row: rules, issues, webhooks and alerts are found by probes (`offset 0` keeps them so), by
 * the primary keys, alert_open_idx, alert_rule_idx and alert_created_idx.
 */
function statement(parts: { claim: string; claimed: string; novel: string; isNovel: string }): string {
  return `
    with claim as (${parts.claim}), input as materialized (
      select t.* from unnest($5::int[], $6::int[], $7::bigint[], $8::bigint[], $9::bigint[], $10::jsonb[])
        with ordinality as t (project_id, rule_id, issue_id, origin, n, cause, nth)
      where ${parts.claimed}
    )${parts.novel}, live as materialized (
      select i.project_id, i.rule_id, i.issue_id, i.nth, i.n, r.trigger, r.cooldown, r.rule,
             i.cause || jsonb_build_object('issueTitle', s.title) as cause
      from input i
      cross join lateral (
        select r.trigger, make_interval(mins => r.cooldown_minutes) as cooldown, jsonb_build_object(
                 'name', r.name, 'threshold', r.threshold, 'windowMinutes', r.window_minutes, 'perIssue', r.per_issue,
                 'filters', r.filters, 'cooldownMinutes', r.cooldown_minutes) as rule
        from alert_rule r
        where r.project_id = i.project_id and r.rule_id = i.rule_id and r.enabled
          and (r.muted_until is null or r.muted_until <= now())
        offset 0
      ) r
      left join lateral (
        select s.status, s.title from issue s where s.project_id = i.project_id and s.issue_id = i.issue_id offset 0
      ) s on true
      where ${parts.isNovel} and (i.issue_id = 0 or s.status in ('unresolved', 'resolved'))
    ), gathered as materialized (
      select project_id, rule_id, issue_id, trigger, min(nth) as nth, min(cooldown) as cooldown,
             case when trigger in ('threshold', 'users') then max(n) else sum(n) end as n,
             (array_agg(rule))[1] as rule, (array_agg(cause order by nth))[1] as cause
      from live group by project_id, rule_id, issue_id, trigger
    ), placed as materialized (
      select g.*, o.open is not null as open
      from gathered g
      left join lateral (
        select true as open from alert a
        where a.project_id = g.project_id and a.rule_id = g.rule_id and a.issue_id = g.issue_id and a.state <> 'resolved'
        offset 0
      ) o on true
      left join lateral (
        select a.last_at from alert a
        where a.project_id = g.project_id and a.rule_id = g.rule_id and a.issue_id = g.issue_id
        order by a.alert_id desc limit 1
      ) before on true
      where o.open or before.last_at is null or before.last_at + g.cooldown <= now()
    ), ranked as materialized (
      select p.*, not open and row_number() over (partition by project_id, open order by nth) > ${FLOOD_ALERTS} - (
               select count(*) from alert a
               where a.project_id = p.project_id and a.rule_id <> 0
                 and a.created_at > now() - interval '${FLOOD_MINUTES} minutes'
             ) as beyond
      from placed p
    ), fired as (
      insert into alert as a (project_id, rule_id, issue_id, trigger, count, rule, cause)
      select project_id, rule_id, issue_id, trigger, n, rule, cause from ranked where not beyond
      order by project_id, rule_id, issue_id
      on conflict (project_id, rule_id, issue_id) where state <> 'resolved' do update set
        count = case when a.trigger in ('threshold', 'users') then greatest(a.count, excluded.count)
                else a.count + excluded.count end,
        last_at = now(),
        announced_at = case when a.announced_at < now() - interval '${NEWS_EVERY_SECONDS} seconds' then now()
                       else a.announced_at end
      returning a.*, xmax = 0 as is_new
    ), flood as (
      insert into alert as a (project_id, rule_id, issue_id, trigger, count, rule, cause)
      select project_id, 0, 0, 'flood', count(*), '{"name": "More alerts"}', '{}' from ranked where beyond
      group by project_id order by project_id
      on conflict (project_id, rule_id, issue_id) where state <> 'resolved' do update set
        count = a.count + excluded.count, last_at = now(),
        announced_at = case when a.announced_at < now() - interval '${NEWS_EVERY_SECONDS} seconds' then now()
                       else a.announced_at end
      returning a.*, xmax = 0 as is_new
    ), news as (
      insert into outbox (project_id, kind, issue_id, payload)
      select a.project_id, case when a.is_new then 'alert.created' else 'alert.updated' end, nullif(a.issue_id, 0),
             ${ALERT_NEWS}
      from (select * from fired union all select * from flood) a
      where a.is_new or a.announced_at = now()
    ), told as (
      select a.project_id, a.rule_id, a.alert_id, a.rule_id as said_of from fired a where a.is_new
      union all
      select a.project_id, r.rule_id, a.alert_id, 0 from flood a join (
        select distinct project_id, rule_id from ranked where beyond
      ) r on r.project_id = a.project_id
    ), deliveries as (
      insert into webhook_delivery (project_id, webhook_id, kind, alert_id, rule_id)
      select distinct t.project_id, w.webhook_id, 'alert', t.alert_id, t.said_of
      from told t
      cross join lateral (
        select r.webhook_ids from alert_rule r where r.project_id = t.project_id and r.rule_id = t.rule_id offset 0
      ) r
      cross join lateral (
        select w.webhook_id from webhook w
        where w.project_id = t.project_id and w.webhook_id = any(r.webhook_ids) and w.enabled
        offset 0
      ) w
      order by t.project_id, t.alert_id, w.webhook_id
      on conflict (project_id, alert_id, webhook_id) where kind = 'alert' do nothing
    )
    select exists (select from claim) as claimed, (select count(*) from fired where is_new) as fired`
}
