// Which groups have an event that fits a search: what the issue list needs of events. Bounded in rows, so that a page of
// issues costs the same whatever is searched for; how far back it looked is said.
import { binder } from '../bind.ts'
import type { Db } from '../database.ts'
import { eventTermsSql, type EventSearch } from './event-terms.ts'
import { eventConditions, eventConditionsIn, type EventFilter } from './list-events.ts'

export interface GroupsFound {
  groups: string[]
  /** Events that fit. */
  hits: number
  /** Receive time of the oldest event looked at; null when all were. */
  backTo: Date | null
}

/** An event in the order of receipt. */
export interface EventPlace {
  receivedAt: Date
  eventId: string
}

interface Row {
  groups: string[]
  hits: number
  looked: number
  oldest: Date | null
  oldestId: string | null
}

const SUMMARY = `
  select array(select distinct group_id::text from looked where fits) as groups,
         count(*) filter (where fits) as hits, count(*) as looked, min(received_at) as oldest,
         (select event_id from looked order by received_at, event_id limit 1) as "oldestId"
  from looked`

/**
 * Of the newest `depth` events before a place, or of all. Leans on event_received_idx of each week, merged.
 * @returns beside the groups the place of the oldest event looked at, when there may be more behind it
 */
export async function findGroupsAmongNewest(
  db: Db,
  filter: EventFilter,
  search: EventSearch,
  { depth, before = null }: { depth: number; before?: EventPlace | null },
): Promise<GroupsFound & { reached: EventPlace | null }> {
  const parts = binder()
  const { bind } = parts
  const { rows } = await db.query<Row>(
    `with looked as materialized (
       select e.received_at, e.event_id, e.group_id, ${eventTermsSql(search.terms, parts)} as fits from event e
       where ${eventConditions(filter, parts)}
         ${before ? `and (e.received_at, e.event_id) < (${bind(before.receivedAt)}, ${bind(before.eventId)}::uuid)` : ''}
       order by e.received_at desc, e.event_id desc limit ${bind(depth)}
     ) ${SUMMARY}`,
    parts.values,
  )
  const found = summarise(rows[0], depth)
  const eventId = rows[0]?.oldestId
  return { ...found, reached: found.backTo && eventId ? { receivedAt: found.backTo, eventId } : null }
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
       select e.received_at, e.event_id, e.group_id, true as fits from event e
       where ${eventConditions(filter, parts)} and e.search @@ ${parts.bind(search.words)}::tsquery
         and ${eventTermsSql(search.terms, parts)}
       order by e.received_at + interval '0' desc, e.event_id desc limit ${parts.bind(most)}
     ) ${SUMMARY}`,
    parts.values,
  )
  return summarise(rows[0], most)
}

/**
 * The same in several projects at once, each looked through to the same depth, by rare words where there are any. Per
 * project it leans on the same indexes. `backTo` is the nearest of the places where the looking stopped: before it not
 * everything was looked at.
 */
export async function findGroupsInProjects(
  db: Db,
  projectIds: readonly number[],
  filter: Omit<EventFilter, 'projectId'>,
  search: EventSearch,
  { depth, byWords }: { depth: number; byWords: boolean },
): Promise<GroupsFound> {
  const parts = binder()
  const conditions = eventConditionsIn('wanted.id', filter, parts)
  const terms = eventTermsSql(search.terms, parts)
  const [fits, where, order] = byWords
    ? [
        'true',
        `${conditions} and e.search @@ ${parts.bind(search.words)}::tsquery and ${terms}`,
        `e.received_at + interval '0' desc`,
      ]
    : [terms, conditions, 'e.received_at desc']
  const { rows } = await db.query<{ groups: string[]; hits: number; backTo: Date | null }>(
    `with looked as materialized (
       select wanted.id, e.received_at, e.group_id, e.fits
       from unnest(${parts.bind(projectIds)}::int[]) as wanted (id)
       cross join lateral (
         select e.received_at, e.group_id, ${fits} as fits from event e
         where ${where} order by ${order}, e.event_id desc limit ${parts.bind(depth)}
       ) e
     )
     select array(select distinct group_id::text from looked where fits) as groups,
            (select count(*) from looked where fits) as hits,
            (select max(oldest) from (select min(received_at) as oldest from looked
                                      group by id having count(*) = ${parts.bind(depth)}) t) as "backTo"`,
    parts.values,
  )
  return rows[0]! // no table in the outer question: always one row
}

const summarise = (row: Row | undefined, bound: number): GroupsFound => ({
  groups: row?.groups ?? [],
  hits: row?.hits ?? 0,
  backTo: row && row.looked === bound ? row.oldest : null,
})
