import type { Db } from '../database.ts'

export interface IngestKeyRow {
  publicKey: string
  keyId: number
  projectId: number
  active: boolean
  allowedOrigins: string[]
  /** Events a minute with this key; null: no limit of its own. */
  keyRateLimit: number | null
  /** Events a minute of the whole project; 0: no limit. */
  projectRateLimit: number
  retentionDays: number
  /** In force until `retentionFrom`, a UTC day; absent or null: it never changed. */
  retentionBefore?: number | null
  retentionFrom?: string | null
  sampleRate: number
  groupingVersion: number
  previousGroupingVersion: number | null
  /** As stored: parsed by the caller. */
  scrub: unknown
  /** What the alert rules count, as JSON, for the caller to compile; null or absent: nothing. */
  counters?: string | null
}

/** For `project_key k join project p`. */
export const INGEST_KEY_COLUMNS = `k.public_key, k.id, k.project_id, k.active, k.allowed_origins, p.retention_days, p.retention_before, p.retention_from,
             p.sample_rate, p.grouping_version, p.previous_grouping_version, p.scrub,
             k.rate_limit_per_minute as key_rate_limit, p.rate_limit_per_minute as project_rate_limit,
             (select json_agg(json_build_object('id', r.counter_id, 'filters', r.filters, 'users',
                                case when r.trigger = 'users' then case when r.per_issue then 'issue' else 'project' end end)
                              order by r.counter_id)::text
              from alert_rule r
              where r.project_id = p.id and r.enabled and r.trigger in ('threshold', 'users')) as counters`

export interface StoredIngestKey {
  public_key: string
  id: number
  project_id: number
  active: boolean
  allowed_origins: string[]
  key_rate_limit: number | null
  project_rate_limit: number
  retention_days: number
  retention_before: number | null
  retention_from: string | null
  sample_rate: number
  grouping_version: number
  previous_grouping_version: number | null
  scrub: unknown
  counters: string | null
}

export const toIngestKeyRow = (r: StoredIngestKey): IngestKeyRow => ({
  publicKey: r.public_key,
  keyId: r.id,
  projectId: r.project_id,
  active: r.active,
  allowedOrigins: r.allowed_origins,
  keyRateLimit: r.key_rate_limit,
  projectRateLimit: r.project_rate_limit,
  retentionDays: r.retention_days,
  retentionBefore: r.retention_before,
  retentionFrom: r.retention_from,
  sampleRate: r.sample_rate,
  groupingVersion: r.grouping_version,
  previousGroupingVersion: r.previous_grouping_version,
  scrub: r.scrub,
  counters: r.counters,
})

/**
 * The keys that exist among these (not of what is being deleted), with the project settings the door needs.
 * Leans on project_key's unique public_key and alert_rule's primary key.
 */
export async function findIngestKeys(db: Db, publicKeys: readonly string[]): Promise<IngestKeyRow[]> {
  const { rows } = await db.query<StoredIngestKey>({
    name: 'find-ingest-keys',
    text: `
      select ${INGEST_KEY_COLUMNS}
      from project_key k join project p on p.id = k.project_id join organization o on o.id = p.organization_id
      where k.public_key = any($1::text[]) and p.deleting_at is null and o.deleting_at is null`,
    values: [publicKeys],
  })
  return rows.map(toIngestKeyRow)
}
