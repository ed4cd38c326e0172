// Rows put straight into the tables, for tests of questions about stored data. Everything has a default, so that a
// test names only what it is about.
import { randomUUID } from 'node:crypto'
import { zstdCompressSync } from 'node:zlib'
import type pg from 'pg'
import {
  tagKeyLexeme,
  tagLexeme,
  toTsvectorText,
  userLexeme,
  wordLexemes,
} from '#server/domain/ingest/lexemes.ts'
import { stamp } from '#server/domain/ingest/stamp.ts'
import {
  createPartition,
  PARTITIONED_TABLES,
  partitionsCovering,
} from '#server/storage/partitions/partitions.ts'

export const MINUTE_MS = 60_000
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS
export const ago = (ms: number): Date => new Date(Date.now() - ms)

/** The weeks from eight behind to fifteen ahead, and the months from thirteen behind to one ahead. */
export async function storePartitions(pool: pg.Pool): Promise<void> {
  for (const table of PARTITIONED_TABLES) {
    const [first, last] =
      table.unit === 'week' ? [ago(56 * DAY_MS), ago(-105 * DAY_MS)] : [ago(400 * DAY_MS), ago(-31 * DAY_MS)]
    for (const partition of partitionsCovering(table, first, last)) await createPartition(pool, partition)
  }
}

export interface StoredProject {
  id: number
  slug: string
}

export async function storeProject(pool: pg.Pool, slug = 'web'): Promise<StoredProject> {
  const { rows } = await pool.query<{ id: number }>(
    `with o as (insert into organization (slug, name) values ($1, $1) returning id)
     insert into project (organization_id, slug, name, platform) select id, $2, $2, 'node' from o returning id`,
    [`org-${randomUUID().slice(0, 8)}`, slug],
  )
  return { id: rows[0]!.id, slug }
}

export async function storeUser(pool: pg.Pool, name = 'Ada'): Promise<string> {
  const id = randomUUID()
  await pool.query(`insert into "user" (id, name, email) values ($1, $2, $1 || '@example.org')`, [id, name])
  return id
}

export interface StoredIssue {
  id: string
  groupId: number
}
interface IssueFields {
  title?: string
  status?: 'unresolved' | 'resolved' | 'archived'
  level?: number
  firstSeen?: Date
  lastSeen?: Date
  resolvedAt?: Date | null
  eventCount?: number
  userCount?: number
}

export async function storeIssue(
  pool: pg.Pool,
  projectId: number,
  fields: IssueFields = {},
): Promise<StoredIssue> {
  const { title = 'TypeError: boom', status = 'unresolved', level = 3 } = fields
  const lastSeen = fields.lastSeen ?? ago(MINUTE_MS)
  const resolvedAt = fields.resolvedAt ?? (status === 'resolved' ? lastSeen : null)
  const { rows } = await pool.query<{ id: string }>(
    `insert into issue (project_id, title, level, platform, status, substatus, first_seen, last_seen, resolved_at,
                        event_count, user_count, search)
     values ($1, $2, $3, 'node', $4, $5, $6, $7, $8, $9, $10, $11::tsvector) returning issue_id::text as id`,
    [
      projectId,
      title,
      level,
      status,
      status === 'unresolved' ? 'new' : null,
      fields.firstSeen ?? lastSeen,
      lastSeen,
      resolvedAt,
      fields.eventCount ?? 1,
      fields.userCount ?? 0,
      toTsvectorText(wordLexemes(title)),
    ],
  )
  const { id } = rows[0]!
  return { id, groupId: await storeGroup(pool, projectId, id) }
}

export async function storeGroup(pool: pg.Pool, projectId: number, issueId: string): Promise<number> {
  const { rows } = await pool.query<{ group_id: number }>(
    `insert into event_group (project_id, version, hash, issue_id, why)
     values ($1, 1, decode(md5(random()::text), 'hex'), $2,
             '{"strategy": "message", "version": 1, "parts": [{"kind": "message", "value": "boom"}]}')
     returning group_id`,
    [projectId, issueId],
  )
  return rows[0]!.group_id
}

interface EventFields {
  id?: string
  receivedAt?: Date
  retentionDays?: number
  level?: number
  weight?: number
  environment?: string
  release?: string | null
  title?: string
  message?: string | null
  platform?: string
  transaction?: string | null
  /** An address is one, everything else is an id. */
  user?: string | null
  tags?: Record<string, string>
  payload?: object
}

/** @returns the id, 32 hex */
export async function storeEvent(
  pool: pg.Pool,
  projectId: number,
  groupId: number,
  fields: EventFields = {},
): Promise<string> {
  const { title = 'TypeError: boom', level = 3, environment = 'production' } = fields
  const id = fields.id ?? randomUUID().replaceAll('-', '')
  const receivedAt = fields.receivedAt ?? new Date()
  const payload = JSON.stringify(fields.payload ?? normalEvent(id, receivedAt, title))
  await pool.query(
    `insert into event (project_id, event_id, expires_on, group_id, received_at, occurred_at, level, weight, platform,
                        environment, release, title, user_label, tags, search, payload, payload_bytes, message,
                        transaction)
     values ($1, $2, $3, $4, $5, $5, $6, $7, $16, $8, $9, $10, $11, $12, $13::tsvector, $14, $15, $17, $18)`,
    [
      projectId,
      id,
      stamp(receivedAt.getTime(), fields.retentionDays ?? 90).expiresOn,
      groupId,
      receivedAt,
      level,
      fields.weight ?? 1,
      environment,
      fields.release ?? null,
      title,
      fields.user ?? null,
      fields.tags ?? {},
      toTsvectorText([
        ...Object.entries(fields.tags ?? {}).flatMap(([key, value]) => [
          tagKeyLexeme(key),
          tagLexeme(key, value),
        ]),
        ...(fields.user
          ? [userLexeme(fields.user.includes('@') ? 'user.email' : 'user.id', fields.user)]
          : []),
        ...wordLexemes(title),
        ...wordLexemes(fields.message ?? ''),
      ]),
      zstdCompressSync(payload),
      Buffer.byteLength(payload),
      fields.platform ?? 'node',
      fields.message ?? null,
      fields.transaction ?? null,
    ],
  )
  return id
}

export const normalEvent = (eventId: string, at: Date, message: string) => ({
  eventId,
  timestamp: at.toISOString(),
  receivedAt: at.toISOString(),
  level: 'error',
  platform: 'node',
  message,
  exceptions: [],
  breadcrumbs: [],
  tags: [],
  contexts: {},
  extra: {},
  environment: 'production',
  notes: [],
})

export async function storeGroupHour(
  pool: pg.Pool,
  {
    projectId,
    groupId,
    at,
    n,
    environment = 'production',
  }: {
    projectId: number
    groupId: number
    at: Date
    n: number
    environment?: string
  },
): Promise<void> {
  await pool.query(
    `insert into rollup_group_hour (project_id, group_id, bucket, environment, n)
     values ($1, $2, date_trunc('hour', $3::timestamptz, 'UTC'), $4, $5)`,
    [projectId, groupId, at, environment, n],
  )
}

export async function storeQuarter(
  pool: pg.Pool,
  {
    projectId,
    at,
    n,
    level = 3,
    environment = 'production',
  }: {
    projectId: number
    at: Date
    n: number
    level?: number
    environment?: string
  },
): Promise<void> {
  await pool.query(
    `insert into rollup_project_quarter (project_id, bucket, level, environment, n)
     values ($1, date_bin('15 minutes', $2, timestamptz '2000-01-01Z'), $3, $4, $5)`,
    [projectId, at, level, environment, n],
  )
}
