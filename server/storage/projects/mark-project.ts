// New settings of a project; what is absent stays, also within the scrubbing settings.
import type { ScrubSettings } from '#shared/schemas/project.ts'
import type { Db } from '../database.ts'

export async function markProject(
  db: Db,
  {
    id,
    name,
    platform,
    rateLimitPerMinute,
    newIssuesPerHour,
    sampleRate,
    scrub,
  }: {
    id: number
    name?: string
    platform?: string
    rateLimitPerMinute?: number
    newIssuesPerHour?: number
    sampleRate?: number
    scrub?: Partial<ScrubSettings>
  },
): Promise<void> {
  await db.query(
    `UPDATE project SET name = coalesce($2, name), platform = coalesce($3, platform),
            sample_rate = coalesce($4, sample_rate), scrub = scrub || coalesce($5::jsonb, '{}'),
            rate_limit_per_minute = coalesce($6, rate_limit_per_minute),
            new_issues_per_hour = coalesce($7, new_issues_per_hour), updated_at = now()
      WHERE id = $1`,
    [
      id,
      name ?? null,
      platform ?? null,
      sampleRate ?? null,
      scrub ? JSON.stringify(scrub) : null,
      rateLimitPerMinute ?? null,
      newIssuesPerHour ?? null,
    ],
  )
}
