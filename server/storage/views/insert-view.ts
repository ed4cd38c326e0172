// A new view, for somebody who is a member at this moment. Leans on member_pkey and saved_view_creator_idx.
import type { CreateView } from '#shared/schemas/view.ts'
import type { Db } from '../database.ts'

interface Maker {
  organizationId: number
  userId: string
}

/**
 * How many views somebody has, held until the transaction ends: who is a member stays one, and whoever else makes one in
 * their name waits. Null when they are no member (any more).
 */
export async function lockViewsOf(db: Db, { organizationId, userId }: Maker): Promise<number | null> {
  const { rowCount } = await db.query(
    `select from member where organization_id = $1 and user_id = $2 for no key update`,
    [organizationId, userId],
  )
  if (rowCount !== 1) return null
  const { rows } = await db.query<{ n: number }>(
    `select count(*) as n from saved_view where creator_id = $2 and organization_id = $1`,
    [organizationId, userId],
  )
  return rows[0]!.n // an aggregate always gives a row
}

/** The id; null when the project is none of the organisation's. */
export async function insertView(
  db: Db,
  { organizationId, userId }: Maker,
  { page, projectId, name, query, shared }: CreateView,
): Promise<string | null> {
  const { rows } = await db.query<{ id: string }>(
    `insert into saved_view (organization_id, creator_id, page, project_id, name, query, shared)
     select $1, $2, $3, $4::bigint, $5, $6, $7
     where $4::bigint is null or exists (
       select from project where id = $4::bigint and organization_id = $1 and deleting_at is null)
     returning id::text`,
    [organizationId, userId, page, projectId, name, JSON.stringify(query), shared],
  )
  return rows[0]?.id ?? null
}
