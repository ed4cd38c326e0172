import type { Activity } from '#shared/schemas/issue.ts'
import { binder } from '../bind.ts'
import type { Db } from '../database.ts'
import { keysetSql, type Keyset } from '../keyset.ts'

export interface ActivityRecord {
  id: string
  kind: Activity['kind']
  actor: { id: string; name: string } | null
  data: Record<string, unknown>
  createdAt: Date
}

/** What happened to an issue, newest first. Leans on issue_activity_issue_idx (project_id, issue_id, id desc). */
export async function listActivity(
  db: Db,
  projectId: number,
  issueId: string,
  keyset: Keyset,
): Promise<ActivityRecord[]> {
  const { bind, values } = binder()
  // Ids of a project's history are its order: value and id of the place are the same.
  const columns = { value: 'a.id', valueType: 'bigint', id: 'a.id', idType: 'bigint' } as const
  const issue = `a.project_id = ${bind(projectId)} and a.issue_id = ${bind(issueId)}::bigint`
  const { condition, order } = keysetSql(keyset, columns, { bind, values })
  const { rows } = await db.query<ActivityRecord>(
    `select a.id::text, a.kind, a.data, a.created_at as "createdAt",
            case when u.id is not null then json_build_object('id', u.id, 'name', u.name) end as actor
     from issue_activity a left join "user" u on u.id = a.actor_id
     where ${issue} and ${condition}
     ${order}`,
    values,
  )
  return rows
}
