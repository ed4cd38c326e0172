// What a rule would have met: stored events, the history of issues, or counts by minute. For previews; bounded by callers.
import type { Db } from '../database.ts'
import { retained } from '../events/retained.ts'

export interface PreviewEvent {
  eventId: string
  /** Null: its issue is gone or discarded. */
  issueId: string | null
  receivedAt: Date
  weight: number
  level: number
  environment: string
  release: string | null
  title: string
  message: string | null
  platform: string
  transaction: string | null
  userLabel: string | null
  /** JSON text */
  tags: string
  /** tsvector as text */
  search: string
}

const COLUMNS = `e.event_id, e.received_at, e.weight, e.level, e.environment, e.release, e.title, e.message, e.platform,
  e.transaction, e.user_label, e.tags, e.search`
const NAMED = `e.event_id::text as "eventId", e.received_at as "receivedAt", e.weight, e.level, e.environment, e.release,
  e.title, e.message, e.platform, e.transaction, e.user_label as "userLabel", e.tags::text as tags, e.search::text as search`

/** Newest first, from a place on. Leans on event_received_idx in the weeks given. */
export async function listPreviewEvents(
  db: Db,
  query: {
    projectId: number
    expiries: readonly string[]
    since: Date
    from: { receivedAt: Date; eventId: string } | null
    limit: number
  },
): Promise<PreviewEvent[]> {
  const { rows } = await db.query<PreviewEvent>(
    `select g.issue_id::text as "issueId", ${NAMED}
     from (
       select e.project_id, e.group_id, ${COLUMNS} from event e
       where e.project_id = $1 and e.expires_on = any($2::date[]) and e.received_at >= $3
         and ${retained('$1')}
         and ($4::timestamptz is null or (e.received_at, e.event_id) < ($4, $5::uuid))
       order by e.received_at desc, e.event_id desc limit $6
     ) e
     left join lateral (
       select issue_id from event_group g
       where g.project_id = e.project_id and g.group_id = e.group_id and g.discarded_at is null
     ) g on true
     order by e.received_at desc, e.event_id desc`,
    [
      query.projectId,
      query.expiries,
      query.since,
      query.from?.receivedAt ?? null,
      query.from?.eventId ?? null,
      query.limit,
    ],
  )
  return rows
}

export interface PreviewCause {
  issueId: string
  at: Date
  event: PreviewEvent | null
}

/**
 * What happened to issues, newest first, each with the newest event the issue had by then: the one that did it, unless
 * it is not stored any more. Leans on issue_activity_kind_idx, event_group_issue_idx and event_group_received_idx.
 */
export async function listPreviewCauses(
  db: Db,
  query: { projectId: number; kind: string; since: Date; expiries: readonly string[]; limit: number },
): Promise<PreviewCause[]> {
  const { rows } = await db.query<{ at: Date; issueId: string } & (PreviewEvent | { eventId: null })>(
    `select a.issue_id::text as "issueId", a.created_at as at, ${NAMED}
     from (
       select issue_id, created_at from issue_activity
       where project_id = $1 and kind = $2 and created_at >= $3 order by created_at desc limit $5
     ) a
     left join lateral (
       select ${COLUMNS}
       from event_group g
       cross join lateral (
         select * from event e
         where e.project_id = g.project_id and e.group_id = g.group_id and e.expires_on = any($4::date[])
           and e.received_at <= a.created_at and ${retained('$1')}
         order by e.received_at desc, e.event_id desc limit 1
       ) e
       where g.project_id = $1 and g.issue_id = a.issue_id
       order by e.received_at desc limit 1
     ) e on true
     order by a.created_at desc`,
    [query.projectId, query.kind, query.since, query.expiries, query.limit],
  )
  return rows.map((row) => ({
    issueId: row.issueId,
    at: row.at,
    event: row.eventId === null ? null : row,
  }))
}

/** Events of a project by minute, every one counted. Leans on rollup_project_minute's primary key. */
export async function countMinutes(
  db: Db,
  projectId: number,
  since: Date,
): Promise<{ minute: Date; n: number }[]> {
  const { rows } = await db.query<{ minute: Date; n: number }>(
    `select bucket as minute, n from rollup_project_minute where project_id = $1 and bucket >= $2 order by bucket`,
    [projectId, since],
  )
  return rows
}
