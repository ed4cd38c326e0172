// What an organisation is removing or has removed, newest first. Leans on erasure_organization_idx.
import type { Db } from '../database.ts'

export interface ErasureRow {
  id: number
  label: string
  kind: 'project' | 'organization' | 'issue'
  events: number
  erased: number
  createdAt: Date
  finishedAt: Date | null
}

export async function listErasures(
  db: Db,
  query: { organizationId: number; running: boolean; after: string | null; limit: number },
): Promise<ErasureRow[]> {
  const { rows } = await db.query<ErasureRow>(
    `SELECT id, label, events, erased, created_at AS "createdAt", finished_at AS "finishedAt",
            CASE WHEN project_id IS NULL THEN 'organization' WHEN group_id IS NULL THEN 'project' ELSE 'issue' END AS kind
       FROM erasure
      WHERE organization_id = $1 AND ($2::bigint IS NULL OR id < $2) AND (NOT $3 OR finished_at IS NULL)
      ORDER BY id DESC LIMIT $4`,
    [query.organizationId, query.after, query.running, query.limit],
  )
  return rows
}
