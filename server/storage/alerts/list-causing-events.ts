import type { Db } from '../database.ts'
import { retained } from '../events/retained.ts'

export interface Cause {
  projectId: number
  issueId: string
  /** The event, where the news names one; null: the newest stored one of the issue is asked for. */
  event: { id: string; expiresOn: string } | null
}
export interface CausingEvent {
  /** Index into the causes. */
  cause: number
  /** 32 lower hex */
  eventId: string
  level: number
  environment: string
  release: string | null
  title: string
  message: string | null
  platform: string
  transaction: string | null
  userLabel: string | null
  tags: Record<string, string>
  /** tsvector as text */
  search: string
}

const COLUMNS = `e.event_id, e.level, e.environment, e.release, e.title, e.message, e.platform, e.transaction,
  e.user_label, e.tags, e.search, e.received_at`

/**
 * The events behind causes, those that are (still) stored. One probe by the primary key each; for the newest of an
 * issue, event_group_issue_idx and one end of event_group_received_idx in each week left.
 */
export async function listCausingEvents(db: Db, causes: readonly Cause[]): Promise<CausingEvent[]> {
  const { rows } = await db.query<CausingEvent>({
    name: 'list-causing-events',
    text: `
      select c.nth::int - 1 as cause, replace(e.event_id::text, '-', '') as "eventId", e.level, e.environment, e.release,
             e.title, e.message, e.platform, e.transaction, e.user_label as "userLabel", e.tags, e.search::text as search
      from unnest($1::int[], $2::bigint[], $3::uuid[], $4::date[]) with ordinality
        as c (project_id, issue_id, event_id, expires_on, nth)
      cross join lateral (
        (select ${COLUMNS} from event e
         where e.project_id = c.project_id and e.event_id = c.event_id and e.expires_on = c.expires_on)
        union all
        (select ${COLUMNS}
         from event_group g
         cross join lateral (
           select * from event e
           where e.project_id = g.project_id and e.group_id = g.group_id and e.expires_on >= current_date
             and ${retained('c.project_id')}
           order by e.received_at desc, e.event_id desc limit 1
         ) e
         where c.event_id is null and g.project_id = c.project_id and g.issue_id = c.issue_id
         order by e.received_at desc limit 1)
      ) e`,
    values: [
      causes.map((c) => c.projectId),
      causes.map((c) => c.issueId),
      causes.map((c) => c.event?.id ?? null),
      causes.map((c) => c.event?.expiresOn ?? null),
    ],
  })
  return rows
}
