// The columns every question about projects answers with, the DSN's key included.
import type { ScrubSettings } from '#shared/schemas/project.ts'

export interface ProjectRow {
  id: number
  orgSlug: string
  slug: string
  name: string
  platform: string
  retentionDays: number
  /** Every retention it had, oldest first; empty before the first change. */
  periods: { fromOn: string; days: number }[]
  rateLimitPerMinute: number
  newIssuesPerHour: number
  sampleRate: number
  scrub: Partial<ScrubSettings>
  firstEventAt: Date | null
  createdAt: Date
  /** Of the oldest active key; null when there is none. */
  publicKey: string | null
}

/** For a statement that calls the project `p` and its organisation `o`. The key is found through project_key_pkey. */
export const PROJECT_COLUMNS = `
  p.id, o.slug AS "orgSlug", p.slug, p.name, p.platform, p.retention_days AS "retentionDays",
  coalesce((SELECT json_agg(json_build_object('fromOn', r.from_on, 'days', r.days) ORDER BY r.from_on)
              FROM retention_period r WHERE r.project_id = p.id), '[]') AS periods,
  p.rate_limit_per_minute AS "rateLimitPerMinute", p.new_issues_per_hour AS "newIssuesPerHour", p.sample_rate AS "sampleRate", p.scrub,
  p.first_event_at AS "firstEventAt", p.created_at AS "createdAt",
  (SELECT k.public_key FROM project_key k WHERE k.project_id = p.id AND k.active ORDER BY k.id LIMIT 1) AS "publicKey"`
