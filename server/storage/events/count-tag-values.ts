import type { Db } from '../database.ts'
import { retained } from './retained.ts'

export interface TagValueCount {
  key: string
  value: string
  /** Events with this value; a sampled one stands for as many as its weight says. */
  n: number
  /** Events looked at, counted the same way. */
  total: number
}
export interface TagBounds {
  sample: number
  keys: number
  valuesPerKey: number
}

/**
 * The commonest values of each tag among the newest events of an issue, bounded in every direction. Environment,
 * release, level and user are columns and count as tags here; a tag of the same name is left out.
 * Leans on event_group_issue_idx, then event_group_received_idx of each week given.
 */
export async function countTagValues(
  db: Db,
  projectId: number,
  issueId: string,
  expiries: readonly string[],
  bounds: TagBounds,
): Promise<TagValueCount[]> {
  const { rows } = await db.query<TagValueCount>(
    `with sample as materialized (
       select e.* from event_group g
       cross join lateral (
         select received_at, event_id, weight, environment, release, level, user_label, tags from event e
         where project_id = $1 and group_id = g.group_id and expires_on = any($3::date[])
           and ${retained('$1')}
         order by received_at desc, event_id desc limit $4
       ) e
       where g.project_id = $1 and g.issue_id = $2::bigint
       order by e.received_at desc, e.event_id desc limit $4
     ), pairs as (
       select t.key, t.value, weight, t.first from sample
       cross join lateral (values
         ('environment', environment, 1), ('release', release, 2), ('level', level::text, 3), ('user', user_label, 4)
       ) as t (key, value, first)
       union all
       select t.key, t.value, weight, 5 from sample cross join lateral jsonb_each_text(tags) as t
       where t.key not in ('environment', 'release', 'level', 'user')
     ), counted as (
       select key, value, min(first) as first, sum(weight) as n,
              sum(sum(weight)) over (partition by key) as of_key,
              row_number() over (partition by key order by sum(weight) desc, value) as rank
       from pairs where value is not null group by key, value
     ), ranked as (
       select *, dense_rank() over (order by first, of_key desc, key) as key_rank from counted
     )
     select key, value, round(n)::bigint as n, (select round(sum(weight))::bigint from sample) as total
     from ranked where rank <= $6 and key_rank <= $5
     order by key_rank, rank`,
    [projectId, issueId, expiries, bounds.sample, bounds.keys, bounds.valuesPerKey],
  )
  return rows
}
