import type { AlertCause, AlertFilters, AlertState, AlertTriggerType } from '#shared/schemas/alert.ts'
import type { Db } from '../database.ts'

/** Whose inbox it is. */
export interface Reader {
  organizationId: number
  userId: string
}
export interface AlertFilter {
  projectIds: readonly number[]
  states: readonly AlertState[] | null
  ruleId: string | null
  issueId: string | null
  /** Only this one. */
  id: string | null
}
export interface AlertRecord {
  id: string
  projectId: number
  projectSlug: string
  projectName: string
  ruleId: number
  trigger: AlertTriggerType | 'flood'
  rule: {
    name: string
    threshold: number | null
    windowMinutes: number | null
    perIssue: boolean | null
    filters: AlertFilters
    cooldownMinutes: number
  }
  /** `0`: the whole project. */
  issueId: string
  issueTitle: string | null
  state: AlertState
  count: number
  cause: AlertCause & { issueTitle?: string | null }
  createdAt: Date
  lastAt: Date
  acknowledgedAt: Date | null
  acknowledgedBy: { id: string; name: string } | null
  resolvedAt: Date | null
  resolvedBy: { id: string; name: string } | null
  resolvedReason: 'quiet' | 'merged' | 'discarded' | 'rule_deleted' | null
  unread: boolean
}

/**
 * For `alert a` and a row `seen` (read_at, snapshot): whether this reader's snapshot did not see it. Transactions that
 * make alerts are single statements, so what is older than a minute before the reading was in it; that also holds for
 * tables restored into another server, whose transaction numbers mean nothing there.
 */
const UNREAD = `(a.created_at > seen.read_at - interval '1 minute'
  and (seen.snapshot is null or not pg_visible_in_snapshot(a.xid, seen.snapshot)))`

/** Who never read the inbox has read what was before they joined. */
const SEEN = `(
  select coalesce(r.read_at, m.created_at + interval '1 minute') as read_at, r.snapshot
  from member m left join alert_read r using (organization_id, user_id)
  where m.organization_id = $1 and m.user_id = $2
)`

/**
 * Alerts of several projects, the newest first: so many of each, merged. Leans on alert's primary key, read backwards,
 * or alert_state_idx and alert_issue_idx where they are asked for.
 */
export async function listAlerts(
  db: Db,
  reader: Reader,
  { projectIds, states, ruleId, issueId, id }: AlertFilter,
  { before, limit }: { before: string | null; limit: number },
): Promise<AlertRecord[]> {
  const { rows } = await db.query<AlertRecord>(
    `select a.alert_id::text as id, a.project_id as "projectId", p.slug as "projectSlug", p.name as "projectName",
            a.rule_id as "ruleId", a.trigger, a.rule, a.issue_id::text as "issueId", i.title as "issueTitle", a.state,
            a.count, a.cause, a.created_at as "createdAt", a.last_at as "lastAt",
            a.acknowledged_at as "acknowledgedAt", a.resolved_at as "resolvedAt",
            a.resolved_reason as "resolvedReason", ${UNREAD} as unread,
            (select json_build_object('id', u.id, 'name', u.name) from "user" u where u.id = a.acknowledged_by) as "acknowledgedBy",
            (select json_build_object('id', u.id, 'name', u.name) from "user" u where u.id = a.resolved_by) as "resolvedBy"
     from unnest($3::int[]) as asked (project_id)
     cross join lateral (
       select * from alert a
       where a.project_id = asked.project_id and ($4::text[] is null or a.state = any($4))
         and ($5::bigint is null or a.rule_id = $5) and ($6::bigint is null or a.issue_id = $6)
         and ($7::bigint is null or a.alert_id = $7) and ($8::bigint is null or a.alert_id < $8)
       order by a.alert_id desc limit $9
     ) a
     join project p on p.id = a.project_id
     left join issue i on i.project_id = a.project_id and i.issue_id = a.issue_id
     cross join ${SEEN} seen
     order by a.alert_id desc limit $9`,
    [reader.organizationId, reader.userId, projectIds, states, ruleId, issueId, id, before, limit],
  )
  return rows
}

export interface AlertCounts {
  active: number
  acknowledged: number
  unread: number
  /** What this answer could know of: for `markAlertsRead`. */
  snapshot: string
  at: Date
}

/** Each up to `most`. Leans on alert_state_idx and alert_created_idx. */
export async function countAlerts(
  db: Db,
  reader: Reader,
  projectIds: readonly number[],
  most: number,
): Promise<AlertCounts> {
  const ofState = (state: AlertState) => `(
    select count(*) from (
      select from alert a where a.project_id = any($3::int[]) and a.state = '${state}' limit $4) x
  )`
  const { rows } = await db.query<AlertCounts>(
    `select ${ofState('active')} as active, ${ofState('acknowledged')} as acknowledged, (
       select count(*) from (
         select from ${SEEN} seen join alert a on a.project_id = any($3::int[]) and ${UNREAD} limit $4) x
     ) as unread, pg_current_snapshot()::text as snapshot, now() as at`,
    [reader.organizationId, reader.userId, projectIds, most],
  )
  return rows[0]! // a select without a table is a row
}
