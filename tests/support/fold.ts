// Everything appended for a project, added up: what a folder does within a second.
import { foldEvents } from '#server/storage/deltas/fold-events.ts'
import { foldOutcomes } from '#server/storage/deltas/fold-outcomes.ts'
import type { Db } from '#server/storage/database.ts'

export async function foldAll(db: Db, projectId: number): Promise<void> {
  for (;;) {
    const { rows, busy } = await foldEvents(db, projectId, 0, 1_000)
    if (rows === 0 && !busy) break
  }
  while ((await foldOutcomes(db, projectId, 0, 1_000)).rows > 0);
}
