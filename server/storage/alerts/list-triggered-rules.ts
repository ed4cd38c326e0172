import type { AlertFilters } from '#shared/schemas/alert.ts'
import type { Db } from '../database.ts'

export interface TriggeredRule {
  projectId: number
  ruleId: number
  trigger: 'new_issue' | 'regression' | 'escalation'
  filters: AlertFilters
}

/** The rules of projects that issues can trigger now: neither off nor muted. Leans on alert_rule's primary key. */
export async function listTriggeredRules(db: Db, projectIds: readonly number[]): Promise<TriggeredRule[]> {
  const { rows } = await db.query<TriggeredRule>({
    name: 'list-triggered-rules',
    text: `
      select project_id as "projectId", rule_id as "ruleId", trigger, filters
      from alert_rule
      where project_id = any($1::int[]) and enabled and (muted_until is null or muted_until <= now())
        and trigger in ('new_issue', 'regression', 'escalation')
      order by project_id, rule_id`,
    values: [projectIds],
  })
  return rows
}
