// Open alerts that something else ends: their rule is deleted, their issue discarded or part of another. Inside the
// caller's transaction, with the news. Leans on alert_open_idx (project, rule) and alert_issue_idx.
import type { Db } from '../database.ts'
import { ALERT_NEWS } from './alert-news.ts'

const resolved = (reason: string, which: string): string => `
  with a as (
    update alert a set state = 'resolved', resolved_at = now(), resolved_reason = '${reason}'
    where a.project_id = $1 and a.state <> 'resolved' and ${which}
    returning a.*
  )
  insert into outbox (project_id, kind, issue_id, payload)
  select a.project_id, 'alert.resolved', nullif(a.issue_id, 0), ${ALERT_NEWS} from a`

export async function markRuleDeleted(db: Db, projectId: number, ruleId: string): Promise<void> {
  await db.query(resolved('rule_deleted', 'a.rule_id = $2::bigint'), [projectId, ruleId])
}

export async function markIssuesDiscarded(
  db: Db,
  projectId: number,
  issueIds: readonly string[],
): Promise<void> {
  await db.query(resolved('discarded', 'a.issue_id = any($2::bigint[])'), [projectId, issueIds])
}

/**
 * Alerts of merged issues become the target's. Of those that are open for one rule the oldest stays open; the others end first. A later unmerge leaves them where they are.
 */
export async function markAlertsMerged(
  db: Db,
  { projectId, target, sources }: { projectId: number; target: string; sources: readonly string[] },
): Promise<void> {
  await db.query(
    resolved(
      'merged',
      `a.issue_id = any($2::bigint[]) and exists (
         select from alert o where o.project_id = a.project_id and o.rule_id = a.rule_id
           and o.issue_id = any($2::bigint[]) and o.state <> 'resolved' and o.alert_id < a.alert_id)`,
    ),
    [projectId, [target, ...sources]],
  )
  await db.query(
    `with moved as (
       update alert a set issue_id = $2::bigint
       where a.project_id = $1 and a.issue_id = any($3::bigint[])
       returning a.*
     )
     insert into outbox (project_id, kind, issue_id, payload)
     select a.project_id, 'alert.updated', a.issue_id, ${ALERT_NEWS} from moved a where a.state <> 'resolved'`,
    [projectId, target, sources],
  )
}

/** Issues are deleted for good, and what was said of them. */
export async function deleteIssueAlerts(
  db: Db,
  projectId: number,
  issueIds: readonly string[],
): Promise<void> {
  await db.query(`delete from alert where project_id = $1 and issue_id = any($2::bigint[])`, [
    projectId,
    issueIds,
  ])
}
