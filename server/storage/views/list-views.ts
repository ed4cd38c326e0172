import type { ViewPage } from '#shared/schemas/view.ts'
import { binder } from '../bind.ts'
import type { Db } from '../database.ts'

export interface ViewRow {
  id: number
  name: string
  page: ViewPage
  projectId: number | null
  query: Record<string, string>
  shared: boolean
  creatorId: string | null
  creatorName: string | null
  updatedAt: Date
}

/** For `from saved_view v left join "user" u on u.id = v.creator_id`. */
const COLUMNS = `v.id, v.name, v.page, v.project_id as "projectId", v.query, v.shared, v.creator_id as "creatorId",
  u.name as "creatorName", v.updated_at as "updatedAt"`

export interface ViewFilter {
  organizationId: number
  userId: string
  page: ViewPage | undefined
  /** Null: those of no project. */
  projectId: string | null | undefined
  after: { value: string; id: string } | null
  limit: number
}

/** One's own and the shared ones, by name. Leans on saved_view_pkey: an organisation has few. */
export async function listViews(db: Db, filter: ViewFilter): Promise<ViewRow[]> {
  const { bind, values } = binder()
  const { after, page, projectId } = filter
  const conditions = [
    `v.organization_id = ${bind(filter.organizationId)}`,
    `(v.shared or v.creator_id = ${bind(filter.userId)})`,
    page !== undefined && `v.page = ${bind(page)}`,
    projectId === null && 'v.project_id is null',
    projectId && `v.project_id = ${bind(projectId)}::bigint`,
    after && `(v.name, v.id) > (${bind(after.value)}, ${bind(after.id)}::bigint)`,
    `not exists (select from project p where p.id = v.project_id and p.deleting_at is not null)`,
  ]
  const { rows } = await db.query<ViewRow>(
    `select ${COLUMNS} from saved_view v left join "user" u on u.id = v.creator_id
     where ${conditions.filter(Boolean).join(' and ')}
     order by v.name, v.id limit ${bind(filter.limit)}`,
    values,
  )
  return rows
}

/** To be changed; null when this person cannot see it. Leans on saved_view_pkey. */
export async function lockView(
  db: Db,
  { organizationId, userId, id }: { organizationId: number; userId: string; id: string },
): Promise<ViewRow | null> {
  const { rows } = await db.query<ViewRow>(
    `select ${COLUMNS} from saved_view v left join "user" u on u.id = v.creator_id
     where v.organization_id = $1 and v.id = $3::bigint and (v.shared or v.creator_id = $2)
       and not exists (select from project p where p.id = v.project_id and p.deleting_at is not null)
     for update of v`,
    [organizationId, userId, id],
  )
  return rows[0] ?? null
}
