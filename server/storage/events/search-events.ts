import { binder } from '../bind.ts'
import type { Db } from '../database.ts'
import { keysetSql, type Keyset, type Place } from '../keyset.ts'
import { eventColumns, ROW_COLUMNS, WITH_ITS_GROUP, type EventRecord } from './event-row.ts'
import { eventTermsSql, type EventSearch } from './event-terms.ts'
import { eventConditions, type EventFilter } from './list-events.ts'

const COLUMNS = {
  value: 'e.received_at',
  valueType: 'timestamptz',
  id: 'e.event_id',
  idType: 'uuid',
} as const

export interface SearchFilter extends EventFilter {
  search: EventSearch
  /** Within this issue only. */
  issueId: string | null
}

export interface Looked {
  /** Nearest first. */
  rows: EventRecord[]
  /** The last row that was looked at; null when there is none behind it. */
  reached: Place | null
}

/**
 * Looks through the next `depth` events in order and keeps those with all terms: costs the same whatever is searched
 * for. Leans on event_received_idx, or event_group_received_idx within an issue, of each week, merged; then on
 * event_pkey for the few that fit. The whole filter is one boolean of a narrow list, so that no row is carried around.
 */
export async function searchNearest(
  db: Db,
  filter: SearchFilter,
  keyset: Keyset,
  depth: number,
): Promise<Looked> {
  const parts = binder()
  const { bind, values } = parts
  const conditions = eventConditions(filter, parts)
  const { condition, order } = keysetSql({ ...keyset, limit: depth }, COLUMNS, parts)
  const page = keysetSql({ ...keyset, from: null }, COLUMNS, parts).order
  const rows = `
    select e.project_id, e.group_id, e.received_at, e.event_id, e.expires_on, ${eventTermsSql(filter.search.terms, parts)} as fits from event e
    where ${conditions} and ${condition}`
  const nearest =
    filter.issueId === null
      ? `${rows} ${order}`
      : `select e.* from event_group g cross join lateral (${rows} and e.group_id = g.group_id ${order}) e
         where g.project_id = ${bind(filter.projectId)} and g.issue_id = ${bind(filter.issueId)}::bigint ${order}`
  const farthest = keyset.upwards
    ? 'order by received_at desc, event_id desc'
    : 'order by received_at, event_id'
  const { rows: found } = await db.query<EventRecord & { edgeAt: Date | null; edgeId: string | null }>(
    `with nearest as materialized (${nearest}),
     edge as (
       select received_at, event_id from nearest
       where (select count(*) from nearest) = ${bind(depth)} ${farthest} limit 1
     )
     select e.*, edge.received_at as "edgeAt", edge.event_id::text as "edgeId"
     from (select) one
     left join edge on true
     left join (
       select ${eventColumns('g.issue_id')}, e.received_at, e.event_id
       from (select e.*, g.issue_id from nearest e ${WITH_ITS_GROUP} where e.fits ${page}) g
       join event e on e.project_id = ${bind(filter.projectId)} and e.event_id = g.event_id
         and e.expires_on = g.expires_on and e.expires_on = any(${bind(filter.expiries)}::date[])
     ) e on true
     order by e.received_at ${keyset.upwards ? 'asc' : 'desc'}, e.event_id ${keyset.upwards ? 'asc' : 'desc'}`,
    values,
  )
  const edge = found[0]
  return {
    // Without a fitting row there is one that says only how far the look went.
    rows: found.filter(({ id }) => id !== null).map(toRecord),
    reached: edge?.edgeAt && edge.edgeId ? { value: edge.edgeAt.toISOString(), id: edge.edgeId } : null,
  }
}

/**
 * Whether more than `bound` events of a span have certain words: then they are no rare ones there, and reading all of
 * them to find the nearest would cost as much as is stored. Leans on event_search_idx, and stops at the bound.
 */
export async function areFrequent(
  db: Db,
  filter: EventFilter,
  words: string,
  bound: number,
): Promise<boolean> {
  const parts = binder()
  const { rows } = await db.query<{ n: number }>(
    `select count(*) as n from (
       select from event e where ${eventConditions(filter, parts)} and e.search @@ ${parts.bind(words)}::tsquery
       limit ${parts.bind(bound + 1)}
     ) t`,
    parts.values,
  )
  return rows[0]!.n > bound // an aggregate always gives a row
}

/**
 * The events of a span that have certain words, nearest first: for words that are rare. Leans on event_search_idx of
 * each week the span can lie in; adding nothing to the time keeps PostgreSQL from reading in its order, because it
 * knows no frequency of a word outside its samples (it walked all weeks for a word that nowhere was: 520 ms over 1 M
 * events).
 */
export async function searchByWords(
  db: Db,
  filter: SearchFilter,
  words: string,
  keyset: Keyset,
): Promise<EventRecord[]> {
  const parts = binder()
  const { bind, values } = parts
  const conditions = [
    eventConditions(filter, parts),
    `e.search @@ ${bind(words)}::tsquery`,
    eventTermsSql(filter.search.terms, parts),
  ]
  if (filter.issueId !== null) {
    conditions.push(
      `e.group_id = any(array(select group_id from event_group
         where project_id = ${bind(filter.projectId)} and issue_id = ${bind(filter.issueId)}::bigint))`,
    )
  }
  const { condition, order } = keysetSql(keyset, COLUMNS, parts)
  const { rows } = await db.query<EventRecord>(
    `select ${eventColumns('e.issue_id')}
     from (
       select ${ROW_COLUMNS}, g.issue_id from event e ${WITH_ITS_GROUP}
       where ${conditions.join(' and ')} and ${condition}
       ${order.replace('e.received_at', `e.received_at + interval '0'`)}
     ) e
     ${order}`,
    values,
  )
  return rows
}

const toRecord = (row: EventRecord): EventRecord => ({
  id: row.id,
  issueId: row.issueId,
  receivedAt: row.receivedAt,
  timestamp: row.timestamp,
  level: row.level,
  title: row.title,
  message: row.message,
  environment: row.environment,
  release: row.release,
  tags: row.tags,
  user: row.user,
})
