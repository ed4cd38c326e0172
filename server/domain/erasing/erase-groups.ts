// Hands the events of groups to the eraser: of a group that is gone (its issue was deleted) everything counted goes with
// them, of a discarded one only the events. In the transaction that deletes or discards, so both happen or neither.
import { insertGroupErasures } from '#server/storage/erasing/insert-erasures.ts'
import type { Db } from '#server/storage/database.ts'

export async function eraseGroups(
  db: Db,
  groups: {
    organizationId: number
    projectId: number
    groupIds: readonly number[]
    /** What people read: the title, say. */
    label: string
    actorId: string | null
  },
): Promise<void> {
  await insertGroupErasures(db, groups)
}
