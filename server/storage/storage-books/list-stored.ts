// What is stored, from the books that the folder keeps (stored_day, group_total): the one place such numbers come from.
// Bytes are those of payloads as they lie on the disk, compressed. Counted is what readers see: not what is past its week
// or was hidden by a shorter retention and waits to be removed.
import type { Db } from '../database.ts'

export interface StoredDayRow {
  receivedOn: string
  expiresOn: string
  events: number
  bytes: number
}

/** Some 300 rows at most: the days of the longest life by the weeks of the retentions. Leans on stored_day_pkey. */
export async function listStoredDays(
  db: Db,
  { projectId, today, since }: { projectId: number; today: string; since: string },
): Promise<StoredDayRow[]> {
  const { rows } = await db.query<StoredDayRow>(
    `SELECT received_on AS "receivedOn", expires_on AS "expiresOn", events, bytes
       FROM stored_day
      WHERE project_id = $1 AND received_on >= $3 AND expires_on > $2 AND events > 0
      ORDER BY received_on, expires_on`,
    [projectId, today, since],
  )
  return rows
}

export interface StoredIssueRow {
  issueId: string
  title: string
  events: number
  bytes: number
}

/**
 * The issues that take most. Leans on stored_group_pkey: what is stored of each group by week, then event_group's
 * primary key. A hundred thousand groups are read in a fifth of a second; a page that is opened seldom.
 */
export async function listLargestIssues(
  db: Db,
  { projectId, today, limit }: { projectId: number; today: string; limit: number },
): Promise<StoredIssueRow[]> {
  const { rows } = await db.query<StoredIssueRow>(
    `WITH sums AS MATERIALIZED (
       SELECT group_id, sum(events) AS events, sum(bytes) AS bytes FROM stored_group
        WHERE project_id = $1 AND expires_on > $2 GROUP BY 1
     ), largest AS MATERIALIZED (
       SELECT g.issue_id, sum(s.events) AS events, sum(s.bytes) AS bytes
         FROM sums s JOIN event_group g ON g.project_id = $1 AND g.group_id = s.group_id AND g.discarded_at IS NULL
        GROUP BY 1 ORDER BY 3 DESC, 1 LIMIT $3
     )
     SELECT i.issue_id::text AS "issueId", i.title, l.events, l.bytes
       FROM largest l JOIN issue i ON i.project_id = $1 AND i.issue_id = l.issue_id
      ORDER BY l.bytes DESC, l.issue_id`,
    [projectId, today, limit],
  )
  return rows
}

export interface StoredProjectRow {
  projectId: number
  slug: string
  name: string
  retentionDays: number
  firstEventAt: Date | null
  days: { receivedOn: string; events: number; bytes: number }[]
}

/** Every project of an organisation with its days. Leans on project's index by organisation, then stored_day_pkey. */
export async function listStoredOfOrg(
  db: Db,
  { organizationId, today }: { organizationId: number; today: string },
): Promise<StoredProjectRow[]> {
  const { rows } = await db.query<StoredProjectRow>(
    `SELECT p.id AS "projectId", p.slug, p.name, p.retention_days AS "retentionDays", p.first_event_at AS "firstEventAt",
            coalesce((
              SELECT json_agg(json_build_object('receivedOn', d.received_on, 'events', d.events, 'bytes', d.bytes)
                              ORDER BY d.received_on)
                FROM (SELECT received_on, sum(events)::bigint AS events, sum(bytes)::bigint AS bytes
                        FROM stored_day d
                       WHERE d.project_id = p.id AND d.expires_on > $2
                         AND d.received_on >= coalesce(p.retained_since, '-infinity')
                       GROUP BY 1) d), '[]') AS days
       FROM project p
      WHERE p.organization_id = $1 AND p.deleting_at IS NULL
      ORDER BY p.slug`,
    [organizationId, today],
  )
  return rows
}

/** The whole database on its disk: events with their indexes, issues, books, everything. */
export async function findDatabaseBytes(db: Db): Promise<number> {
  const { rows } = await db.query<{ bytes: number }>(`SELECT pg_database_size(current_database()) AS bytes`)
  return rows[0]!.bytes
}
