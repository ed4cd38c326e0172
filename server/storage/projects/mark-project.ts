// New settings of a project; what is absent stays.
import type { Db } from '../database.ts'

export async function markProject(
  db: Db,
  {
    id,
    name,
    platform,
    rateLimitPerMinute,
  }: { id: number; name?: string; platform?: string; rateLimitPerMinute?: number },
): Promise<void> {
  await db.query(
    `UPDATE project SET name = coalesce($2, name), platform = coalesce($3, platform),
            rate_limit_per_minute = coalesce($4, rate_limit_per_minute), updated_at = now()
      WHERE id = $1`,
    [id, name ?? null, platform ?? null, rateLimitPerMinute ?? null],
  )
}
