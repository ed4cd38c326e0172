import type { Db } from '../database.ts'

/** Leans on saved_view_pkey. */
export async function deleteView(
  db: Db,
  { organizationId, id }: { organizationId: number; id: number },
): Promise<void> {
  await db.query(`delete from saved_view where organization_id = $1 and id = $2`, [organizationId, id])
}

/** Of somebody who leaves: their own go, those they shared stay, nobody's. Leans on saved_view_creator_idx. */
export async function deleteViewsOf(
  db: Db,
  { organizationId, userId }: { organizationId: number; userId: string },
): Promise<void> {
  await db.query(
    `with gone as (
       delete from saved_view where creator_id = $2 and organization_id = $1 and not shared
     )
     update saved_view set creator_id = null where creator_id = $2 and organization_id = $1 and shared`,
    [organizationId, userId],
  )
}
