import { binder } from '../bind.ts'
import type { Db } from '../database.ts'
import { keysetSql, type Keyset } from '../keyset.ts'

export interface DiscardedRecord {
  id: string
  title: string
  type: string | null
  culprit: string | null
  level: number
  /** Of the history: the place in the list. */
  activityId: string
  discardedAt: Date
  discardedBy: { id: string; name: string } | null
  count: number
  lastSeen: Date | null
}

const COLUMNS = { value: 'a.created_at', valueType: 'timestamptz', id: 'a.id', idType: 'bigint' } as const

/**
 * A page of what a project discards, newest first, with the events discarded since. The history has them in order; an
 * issue that was discarded more than once stands where it was discarded last.
 * Leans on issue_activity_kind_idx (project_id, kind, created_at), issue_activity_issue_idx and, for the rows of the
 * page, event_group_issue_idx and group_total's primary key.
 */
export async function listDiscarded(db: Db, projectId: number, keyset: Keyset): Promise<DiscardedRecord[]> {
  const parts = binder()
  const { condition, order } = keysetSql(keyset, COLUMNS, parts)
  const { rows } = await db.query<DiscardedRecord>(
    `select a.id::text as "activityId", a.created_at as "discardedAt", a.issue_id::text as id, a.title, a.type,
            a.culprit, a.level, t.count, t.last_seen as "lastSeen",
            case when u.id is not null then json_build_object('id', u.id, 'name', u.name) end as "discardedBy"
     from (
       select a.project_id, a.id, a.created_at, a.actor_id, i.* from issue_activity a
       cross join lateral (
         select i.issue_id, i.title, i.type, i.culprit, i.level from issue i
         where i.project_id = a.project_id and i.issue_id = a.issue_id and i.status = 'discarded'
         offset 0
       ) i
       where a.project_id = ${parts.bind(projectId)} and a.kind = 'discarded' and ${condition}
         and not exists (
           select from issue_activity later
           where later.project_id = a.project_id and later.issue_id = a.issue_id and later.id > a.id
             and later.kind = 'discarded')
       ${order}
     ) a
     cross join lateral (
       select coalesce(sum(t.discarded_count), 0) as count, max(t.discarded_last) as last_seen
       from event_group g join group_total t on t.project_id = g.project_id and t.group_id = g.group_id
       where g.project_id = a.project_id and g.issue_id = a.issue_id
     ) t
     left join "user" u on u.id = a.actor_id
     ${order}`,
    parts.values,
  )
  return rows
}
