// Tags and values among a project's newest events: a bounded look, for suggestions. Leans on event_received_idx of each
// week given, merged.
import type { Db } from '../database.ts'
import { likeText } from '../pattern.ts'
import type { EventColumn } from './event-terms.ts'
import { retained } from './retained.ts'

export interface RecentEvents {
  projectId: number
  expiries: readonly string[]
  /** So many of the newest are looked at. */
  sample: number
  limit: number
}

const newest = (columns: string) =>
  `select ${columns} from event e where e.project_id = $1 and e.expires_on = any($2::date[]) and ${retained('$1')}
   order by e.received_at desc, e.event_id desc limit $3`

/** Keys of tags, the commonest first. */
export async function listRecentTagKeys(db: Db, recent: RecentEvents): Promise<string[]> {
  const { rows } = await db.query<{ key: string }>(
    `select key from (${newest('e.tags')}) e cross join lateral jsonb_object_keys(e.tags) key
     group by key order by count(*) desc, key limit $4`,
    [recent.projectId, recent.expiries, recent.sample, recent.limit],
  )
  return rows.map(({ key }) => key)
}

/** Values of a column or of a tag that begin like this, the commonest first. */
export async function listRecentValues(
  db: Db,
  recent: RecentEvents,
  of: { column: EventColumn } | { tag: string },
  prefix: string,
): Promise<string[]> {
  const values: unknown[] = [
    recent.projectId,
    recent.expiries,
    recent.sample,
    recent.limit,
    likeText([prefix, '']),
  ]
  const value = 'column' in of ? `e.${of.column}` : `e.tags ->> $${values.push(of.tag)}::text`
  const { rows } = await db.query<{ value: string }>(
    `select value from (${newest(`${value} as value`)}) e
     where value ilike $5 group by value order by count(*) desc, value limit $4`,
    values,
  )
  return rows.map(({ value: found }) => found)
}
