import { binder } from '../bind.ts'
import type { Db } from '../database.ts'
import { keysetSql, type Keyset } from '../keyset.ts'
import { eventColumns, ROW_COLUMNS, WITH_ITS_GROUP, type EventRecord } from './event-row.ts'
import { eventConditions, type EventFilter } from './list-events.ts'

const COLUMNS = {
  value: 'e.received_at',
  valueType: 'timestamptz',
  id: 'e.event_id',
  idType: 'uuid',
} as const
/** Rows that are looked through before the index of words is asked: some 5 ms. */
const NEAREST = 5_000
/** The same for each group of an issue, of which there may be a hundred. */
const NEAREST_OF_GROUP = 1_000

export interface WordFilter extends EventFilter {
  text: string
  /** Within this issue only. */
  issueId: string | null
}

/**
 * A page of events with certain words, nearest first. Common words fill a page from the nearest few thousand rows;
 * words that do not are rare enough for the index of words. PostgreSQL cannot tell the two apart (it knows no
 * frequency of a word outside its samples) and walked all weeks for a word that nowhere was: 520 ms over 1 M events,
 * 15 ms this way.
 */
export async function searchEvents(db: Db, filter: WordFilter, keyset: Keyset): Promise<EventRecord[]> {
  const near = await searchNearest(db, filter, keyset)
  return near.length === keyset.limit ? near : searchByWord(db, filter, keyset)
}

/** Leans on event_received_idx, or event_group_received_idx within an issue, of each week, merged. */
async function searchNearest(db: Db, filter: WordFilter, keyset: Keyset): Promise<EventRecord[]> {
  const parts = binder()
  const { bind, values } = parts
  const conditions = eventConditions(filter, parts)
  const wide = keysetSql(
    { ...keyset, limit: filter.issueId === null ? NEAREST : NEAREST_OF_GROUP },
    COLUMNS,
    parts,
  )
  const { order } = keysetSql({ ...keyset, from: null }, COLUMNS, parts)
  const columns = `${ROW_COLUMNS}, e.search`
  const candidates =
    filter.issueId === null
      ? `select ${columns} from event e where ${conditions} and ${wide.condition} ${wide.order}`
      : `select e.* from event_group g
         cross join lateral (
           select ${columns} from event e
           where ${conditions} and e.group_id = g.group_id and ${wide.condition} ${wide.order}
         ) e
         where g.project_id = ${bind(filter.projectId)} and g.issue_id = ${bind(filter.issueId)}::bigint
         ${wide.order}`
  const { rows } = await db.query<EventRecord>(
    `select ${eventColumns('e.issue_id')}
     from (
       select e.*, g.issue_id from (${candidates}) e ${WITH_ITS_GROUP}
       where e.search @@ ${bind(filter.text)}::tsquery ${order}
     ) e
     ${order}`,
    values,
  )
  return rows
}

/** Leans on event_search_idx of each week; adding nothing to the time keeps PostgreSQL from reading in its order. */
async function searchByWord(db: Db, filter: WordFilter, keyset: Keyset): Promise<EventRecord[]> {
  const parts = binder()
  const { bind, values } = parts
  const conditions = [eventConditions(filter, parts), `e.search @@ ${bind(filter.text)}::tsquery`]
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
