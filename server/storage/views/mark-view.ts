import type { Db } from '../database.ts'

/** What is not given stays. Leans on saved_view_pkey. */
export async function markView(
  db: Db,
  { organizationId, id }: { organizationId: number; id: number },
  change: {
    name?: string | undefined
    shared?: boolean | undefined
    query?: Record<string, string> | undefined
  },
): Promise<void> {
  await db.query(
    `update saved_view set name = coalesce($3, name), shared = coalesce($4, shared), query = coalesce($5, query),
                           updated_at = now()
     where organization_id = $1 and id = $2`,
    [
      organizationId,
      id,
      change.name ?? null,
      change.shared ?? null,
      change.query === undefined ? null : JSON.stringify(change.query),
    ],
  )
}
