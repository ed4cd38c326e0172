import { binder } from '../bind.ts'
import type { Db } from '../database.ts'
import { keysetSql, type Place } from '../keyset.ts'
import type { LevelCount } from '../dashboard/count-volume.ts'
import { WITH_ITS_GROUP } from './event-row.ts'
import { eventTermsSql, type EventSearch } from './event-terms.ts'
import { eventConditions, type EventFilter } from './list-events.ts'

export interface CountStep {
  rows: LevelCount[]
  /** Events that fit, as stored: without weights. */
  found: number
  /** The last event that was looked at; null when there is none behind it. */
  reached: Place | null
}

/**
 * Looks through the next `depth` events behind a place, newest first, and counts by bucket and level those with all
 * terms; a stored event stands for as many as its weight says. Leans on event_received_idx of each week, merged, as
 * search-events.ts does. With `words`, only events that have them are looked at: by event_search_idx, because adding
 * nothing to the time keeps PostgreSQL from reading in its order; for words that are rare.
 */
export async function countMatchingEvents(
  db: Db,
  filter: EventFilter & { search: EventSearch },
  {
    starts,
    from,
    depth,
    words,
  }: { starts: readonly Date[]; from: Place | null; depth: number; words: string | null },
): Promise<CountStep> {
  const parts = binder()
  const { bind, values } = parts
  const time = words === null ? 'e.received_at' : `(e.received_at + interval '0')`
  const { condition, order } = keysetSql(
    { from, upwards: false, limit: depth },
    { value: time, valueType: 'timestamptz', id: 'e.event_id', idType: 'uuid' },
    parts,
  )
  const { rows } = await db.query<{
    edgeAt: Date | null
    edgeId: string | null
    bucket: number | null
    level: number
    n: number
    found: number
  }>(
    `with nearest as materialized (
       select e.project_id, e.group_id, e.received_at, e.event_id, e.level, e.weight,
              ${eventTermsSql(filter.search.terms, parts)} as fits
       from event e
       where ${eventConditions(filter, parts)} ${words === null ? '' : `and e.search @@ ${bind(words)}::tsquery`}
         and ${condition}
       ${order}
     ),
     edge as (
       select received_at, event_id from nearest
       where (select count(*) from nearest) = ${bind(depth)} order by received_at, event_id limit 1
     )
     select edge.received_at as "edgeAt", edge.event_id::text as "edgeId", c.bucket, c.level, c.n, c.found
     from (select) one
     left join edge on true
     left join (
       select greatest(width_bucket(e.received_at, ${bind(starts)}::timestamptz[]) - 1, 0) as bucket, e.level,
              sum(e.weight::float8) as n, count(*) as found
       from nearest e ${WITH_ITS_GROUP} where e.fits
       group by 1, 2
     ) c on true`,
    values,
  )
  const edge = rows[0]
  const counted = rows.filter((row) => row.bucket !== null)
  return {
    rows: counted.map(({ bucket, level, n }) => ({ bucket: bucket!, level, n })), // as filtered above
    found: counted.reduce((sum, { found }) => sum + found, 0),
    reached: edge?.edgeAt && edge.edgeId ? { value: edge.edgeAt.toISOString(), id: edge.edgeId } : null,
  }
}
