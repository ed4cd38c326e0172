// Which groups have an event that fits a search: what the issue list needs of events. Bounded in rows, so that a page of
// issues costs the same whatever is searched for; how far back it looked is said.
import { binder } from '../bind.ts'
import type { Db } from '../database.ts'
import { eventTermsSql, type EventSearch } from './event-terms.ts'
import { eventConditions, type EventFilter } from './list-events.ts'

export interface GroupsFound {
  groups: string[]
  /** Events that fit. */
  hits: number
  /** Receive time of the oldest event looked at; null when all were. */
  backTo: Date | null
}

interface Row {
  groups: string[]
  hits: number
  looked: number
  oldest: Date | null
}

const SUMMARY = `
  select array(select distinct group_id::text from looked where fits) as groups,
         count(*) filter (where fits) as hits, count(*) as looked, min(received_at) as oldest
  from looked`

/** Of the newest `depth` events. Leans on event_received_idx of each week, merged. */
export async function findGroupsAmongNewest(
  db: Db,
  filter: EventFilter,
  search: EventSearch,
  depth: number,
): Promise<GroupsFound> {
  const parts = binder()
  const { rows } = await db.query<Row>(
    `with looked as materialized (
       select e.received_at, e.group_id, ${eventTermsSql(search.terms, parts)} as fits from event e
       where ${eventConditions(filter, parts)}
       order by e.received_at desc, e.event_id desc limit ${parts.bind(depth)}
     ) ${SUMMARY}`,
    parts.values,
  )
  return summarise(rows[0], depth)
}

/** Of the newest `most` events that have these rare words. Leans on event_search_idx of each week. */
export async function findGroupsByWords(
  db: Db,
  filter: EventFilter,
  search: EventSearch & { words: string },
  most: number,
): Promise<GroupsFound> {
  const parts = binder()
  const { rows } = await db.query<Row>(
    `with looked as materialized (
       select e.received_at, e.group_id, true as fits from event e
       where ${eventConditions(filter, parts)} and e.search @@ ${parts.bind(search.words)}::tsquery
         and ${eventTermsSql(search.terms, parts)}
       order by e.received_at + interval '0' desc, e.event_id desc limit ${parts.bind(most)}
     ) ${SUMMARY}`,
    parts.values,
  )
  return summarise(rows[0], most)
}

const summarise = (row: Row | undefined, bound: number): GroupsFound => ({
  groups: row?.groups ?? [],
  hits: row?.hits ?? 0,
  backTo: row && row.looked === bound ? row.oldest : null,
})
