import type { Db } from '../database.ts'
import { retained } from '../events/retained.ts'

export interface TagSample {
  /** Stored events looked at, of whatever environment. */
  looked: number
  /** When the oldest of them was received; null without any. */
  oldest: Date | null
  /** Events they stand for, by their weights, in the environment asked for. */
  total: number
  /** The commonest first; keys by how many events carry them. */
  values: { key: string; value: string; n: number }[]
}
export interface TagQuestion {
  projectId: number
  /** The weeks such events can be in; everything else is pruned. */
  expiries: readonly string[]
  from: Date
  to: Date
  environment: string | null
  /** Only this key; null: the commonest. */
  key: string | null
  sample: number
  keys: number
  valuesPerKey: number
}

/**
 * The commonest values of tags among the newest stored events of a range: bounded in every direction, so that it costs
 * the same for ten events and ten million. Environment and release are columns with rollups of their own.
 * Leans on event_received_idx (project_id, received_at desc, event_id desc) of each week given, merged; then on
 * event_group's primary key, once for each group: events of discarded groups are gone for everybody.
 * Never a named statement: a generic plan would not know the weeks.
 */
export async function listTagValues(db: Db, question: TagQuestion): Promise<TagSample> {
  const { projectId, expiries, from, to, environment, key, sample, keys, valuesPerKey } = question
  const { rows } = await db.query<TagSample>(
    `with newest as materialized (
       select e.group_id, e.received_at, e.weight::float8 as weight, e.environment, e.tags from event e
       where e.project_id = $1 and e.expires_on = any($2::date[]) and e.received_at >= $3 and e.received_at < $4
         and ${retained('$1')}
       order by e.received_at desc, e.event_id desc limit $7
     ), gone as materialized (
       select group_id from (select distinct group_id from newest) e
       where not exists (
         select from event_group g
         where g.project_id = $1 and g.group_id = e.group_id and g.discarded_at is null offset 0
       )
     ), sample as materialized (
       select e.weight, e.tags from newest e
       where ($5::text is null or e.environment = $5) and e.group_id not in (select group_id from gone)
     ), counted as (
       select t.key, t.value, sum(weight) as n, sum(sum(weight)) over (partition by t.key) as of_key,
              row_number() over (partition by t.key order by sum(weight) desc, t.value) as rank
       from sample cross join lateral jsonb_each_text(tags) as t
       where $6::text is null or t.key = $6
       group by t.key, t.value
     ), ranked as (
       select *, dense_rank() over (order by of_key desc, key) as key_rank from counted
     )
     select (select count(*) from newest) as looked, (select min(received_at) from newest) as oldest,
            (select coalesce(round(sum(weight)), 0)::bigint from sample) as total,
            (select coalesce(json_agg(json_build_object('key', key, 'value', value, 'n', round(n)::bigint)
                                      order by key_rank, rank), '[]')
             from ranked where key_rank <= $8 and rank <= $9) as values`,
    [projectId, expiries, from, to, environment, key, sample, keys, valuesPerKey],
  )
  return rows[0]! // one row whatever was found
}
