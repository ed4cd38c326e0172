import type { Db } from '../database.ts'
import { LIVE_PROJECTS } from '../projects/lock-live-projects.ts'

export const VALUE_KINDS = ['environment', 'release'] as const
export type ValueKind = (typeof VALUE_KINDS)[number]

export interface ValueKey {
  projectId: number
  kind: ValueKind
  value: string
}

/** So many new values of a kind a project may have within so many days, today included. */
const MOST: Record<ValueKind, { values: number; days: number }> = {
  environment: { values: 100, days: 30 },
  release: { values: 1_000, days: 1 },
}

/**
 * Which of these values a project may be told apart by: those it was admitted with before, and new ones while there is
 * room. Two nodes that ask at the same moment may each fill the last places; that is the only way beyond the bound.
 * Nothing is written down of a project that is gone.
 * Leans on seen_value's primary key and (project_id, kind, first_day).
 */
export async function admitValues(db: Db, values: readonly ValueKey[]): Promise<ValueKey[]> {
  const { rows } = await db.query<{ project_id: number; kind: ValueKind; value: string }>({
    name: 'admit-values',
    text: `
      with ${LIVE_PROJECTS('$1')}, wanted as materialized (
        select * from unnest($1::int[], $2::text[], $3::text[], $4::int[], $5::int[])
          as t (project_id, kind, value, most, days)
      ), judged as materialized (
        select w.*, k.known, count(*) filter (where not k.known) over (partition by w.project_id, w.kind order by w.value) as nth,
               (select count(*) from seen_value s
                where s.project_id = w.project_id and s.kind = w.kind
                  and s.first_day > (now() at time zone 'UTC')::date - w.days) as used
        from wanted w
        cross join lateral (
          select exists (
            select from seen_value s
            where s.project_id = w.project_id and s.kind = w.kind and s.value = w.value) as known
        ) k
      ), fresh as (
        insert into seen_value (project_id, kind, value, first_day)
        select project_id, kind, value, (now() at time zone 'UTC')::date from judged
        where not known and used + nth <= most and project_id in (select id from live)
        order by project_id, kind, value
        on conflict (project_id, kind, value) do nothing
      )
      select project_id, kind, value from judged where known or used + nth <= most`,
    values: [
      values.map((v) => v.projectId),
      values.map((v) => v.kind),
      values.map((v) => v.value),
      values.map((v) => MOST[v.kind].values),
      values.map((v) => MOST[v.kind].days),
    ],
  })
  return rows.map((r) => ({ projectId: r.project_id, kind: r.kind, value: r.value }))
}

/** Forgets values first seen so long ago that nothing stored needs them; one that is still in use is admitted anew. */
export async function forgetValues(db: Db): Promise<void> {
  await db.query(`delete from seen_value where first_day < now() - interval '90 days'`)
}
