// A step of removing an organisation, once its projects are gone: its log in portions, then its row, with which
// members, invitations and tokens go.
import { deleteSome } from './delete-some.ts'
import type { Db } from '../database.ts'

/** Whether something of it is still being removed, or there at all. Leans on erasure_open_idx. */
export async function hasProjects(db: Db, organizationId: number): Promise<boolean> {
  const { rows } = await db.query<{ there: boolean }>(
    `SELECT EXISTS (SELECT FROM project WHERE organization_id = $1)
         OR EXISTS (SELECT FROM erasure
                     WHERE finished_at IS NULL AND organization_id = $1 AND project_id IS NOT NULL) AS there`,
    [organizationId],
  )
  return rows[0]!.there
}

/** @returns whether it was the last step */
export async function deleteOrgRows(
  db: Db,
  { organizationId, rows }: { organizationId: number; rows: number },
): Promise<boolean> {
  const where = { organization_id: organizationId }
  if ((await deleteSome(db, { table: 'audit_log', where, order: 'id', limit: rows })) >= rows) return false
  await db.query(`DELETE FROM organization WHERE id = $1 AND deleting_at IS NOT NULL`, [organizationId])
  return true
}
