import type { Db } from '../database.ts'

/** Nodes that have been silent for an hour are not shown any more. A table of a few rows. */
export async function deleteSilentNodes(db: Db): Promise<void> {
  await db.query(`delete from mesh_node where heartbeat_at < now() - interval '1 hour'`)
}
