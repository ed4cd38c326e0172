// Counts of alert rules that changed and are to be compared with their thresholds, left by the fold. Leans on
// alert_check's primary key (project_id, id).
import type { Db } from '../database.ts'

export interface RuleCheck {
  id: number
  counterId: number
  /** 0: the whole project. */
  groupId: number
  minute: Date
}

export async function listRuleChecks(db: Db, projectId: number, limit: number): Promise<RuleCheck[]> {
  const { rows } = await db.query<RuleCheck>({
    name: 'list-rule-checks',
    text: `
      select id, counter_id as "counterId", group_id as "groupId", minute
      from alert_check where project_id = $1 order by project_id, id limit $2`,
    values: [projectId, limit],
  })
  return rows
}

/** Projects with any: normally none, unless a node died between adding up and comparing. One probe for each project. */
export async function listProjectsWithRuleChecks(db: Db): Promise<number[]> {
  const { rows } = await db.query<{ id: number }>({
    name: 'list-projects-with-rule-checks',
    text: `
      with recursive p as (
        (select project_id as id from alert_check order by project_id limit 1)
        union all
        select (select project_id from alert_check c where c.project_id > p.id order by project_id limit 1)
        from p where p.id is not null
      )
      select id from p where id is not null`,
  })
  return rows.map(({ id }) => id)
}
