import { likeText } from '../pattern.ts'
import type { Db } from '../database.ts'
import type { ValueKind } from './admit-values.ts'

/**
 * Environments or releases of a project that begin like this, the latest first. Leans on seen_value_day_idx
 * (project_id, kind, first_day), read backwards until there are enough; a project has at most some thousands.
 */
export async function listSeenValues(
  db: Db,
  projectId: number,
  kind: ValueKind,
  prefix: string,
  limit: number,
): Promise<string[]> {
  const { rows } = await db.query<{ value: string }>(
    `select value from seen_value
     where project_id = $1 and kind = $2 and value ilike $3
     order by first_day desc, value limit $4`,
    [projectId, kind, likeText([prefix, '']), limit],
  )
  return rows.map(({ value }) => value)
}
