import type { Db } from '../database.ts'

export interface EscalationCheck {
  id: number
  issueId: string
  hour: Date
  /** Null: it is archived until it escalates no more, or gone. */
  archivedAt: Date | null
  archiveHourCount: number
}

/** What folds of a project left to be compared, oldest first. Leans on the primary keys of escalation_check and issue. */
export async function listEscalationChecks(
  db: Db,
  projectId: number,
  limit: number,
): Promise<EscalationCheck[]> {
  const { rows } = await db.query<EscalationCheck>({
    name: 'list-escalation-checks',
    text: `
      select c.id, c.issue_id::text as "issueId", c.hour, i.archived_at as "archivedAt",
             coalesce(i.archive_hour_count, 0) as "archiveHourCount"
      from (select * from escalation_check where project_id = $1 order by project_id, id limit $2) c
      left join lateral (
        select archived_at, archive_hour_count from issue i
        where i.project_id = $1 and i.issue_id = c.issue_id and i.status = 'archived' and i.archive_until = 'escalating'
        offset 0
      ) i on true`,
    values: [projectId, limit],
  })
  return rows
}

/** Projects with something left: a node that died between adding up and comparing. The table is nearly always empty. */
export async function listProjectsToCheck(db: Db): Promise<number[]> {
  const { rows } = await db.query<{ project_id: number }>(`select distinct project_id from escalation_check`)
  return rows.map((row) => row.project_id)
}
