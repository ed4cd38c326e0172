import { binder, type Binder } from '../bind.ts'
import type { Db } from '../database.ts'
import { retained } from './retained.ts'
import { keysetSql, type Keyset } from '../keyset.ts'
import { eventColumns, ROW_COLUMNS, WITH_ITS_GROUP, type EventRecord } from './event-row.ts'

export interface EventFilter {
  projectId: number
  /** The weeks such events can be in; everything else is pruned. */
  expiries: readonly string[]
  since: Date | null
  until: Date | null
  level: number | null
  environment: string | null
}

const COLUMNS = {
  value: 'e.received_at',
  valueType: 'timestamptz',
  id: 'e.event_id',
  idType: 'uuid',
} as const

/**
 * A page of the project's events, nearest first. Leans on event_received_idx (project_id, received_at desc, event_id
 * desc) of each week, merged; and on event_group's primary key, once for each row up to the page's end. Searches: see
 * search-events.ts.
 * Never a named statement: a generic plan would not know the weeks.
 */
export async function listEvents(db: Db, filter: EventFilter, keyset: Keyset): Promise<EventRecord[]> {
  const parts = binder()
  const conditions = eventConditions(filter, parts)
  const { condition, order } = keysetSql(keyset, COLUMNS, parts)
  const { rows } = await db.query<EventRecord>(
    `select ${eventColumns('e.issue_id')}
     from (
       select ${ROW_COLUMNS}, g.issue_id from event e ${WITH_ITS_GROUP}
       where ${conditions} and ${condition}
       ${order}
     ) e
     ${order}`,
    parts.values,
  )
  return rows
}

/**
 * The same within one issue: each of its groups (at most 100) gives its nearest rows, the merge keeps the page.
 * Leans on event_group_issue_idx, then event_group_received_idx (project_id, group_id, received_at desc, event_id desc).
 */
export async function listIssueEvents(
  db: Db,
  issueId: string,
  filter: EventFilter,
  keyset: Keyset,
): Promise<EventRecord[]> {
  const parts = binder()
  const conditions = eventConditions(filter, parts)
  const { condition, order } = keysetSql(keyset, COLUMNS, parts)
  const { rows } = await db.query<EventRecord>(
    `select ${eventColumns('g.issue_id')}
     from event_group g
     cross join lateral (
       select ${ROW_COLUMNS} from event e
       where ${conditions} and e.group_id = g.group_id and ${condition}
       ${order}
     ) e
     where g.project_id = ${parts.bind(filter.projectId)} and g.issue_id = ${parts.bind(issueId)}::bigint
     ${order}`,
    parts.values,
  )
  return rows
}

/** Everything but the terms of a search. */
export const eventConditions = (filter: EventFilter, binder: Binder): string =>
  eventConditionsIn(binder.bind(filter.projectId), filter, binder)

/** The same in whatever project: `project` is written by us, a placeholder or a column. */
export function eventConditionsIn(
  project: string,
  filter: Omit<EventFilter, 'projectId'>,
  { bind }: Binder,
): string {
  const { expiries, since, until, level, environment } = filter
  return [
    `e.project_id = ${project}`,
    `e.expires_on = any(${bind(expiries)}::date[])`,
    retained(project),
    since && `e.received_at >= ${bind(since)}`,
    until && `e.received_at <= ${bind(until)}`,
    level !== null && `e.level = ${bind(level)}`,
    environment !== null && `e.environment = ${bind(environment)}`,
  ]
    .filter(Boolean)
    .join(' and ')
}
