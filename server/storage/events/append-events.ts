import { OUTCOMES } from '../../../shared/constants/outcomes.ts'
import type { Outcome } from '../../../shared/schemas/stats.ts'
import { REGROUPING_GATE } from '../advisory-locks.ts'
import { bytesArray, plainArray, textArray } from '../array-literal.ts'
import type { Db } from '../database.ts'
import type { GroupKey } from '../groups/find-groups.ts'

/** One row of `event`, with what the deltas beside it need. */
export interface EventRow {
  projectId: number
  /** 32 lower hex */
  eventId: string
  expiresOn: string
  /** The week an earlier delivery could lie in, when there can be one. */
  previousExpiresOn: string | null
  /** Stamped within minutes of the turn of the week: the receipt decides about a second delivery. */
  nearTurn: boolean
  /** Index into the groups of the batch. */
  group: number
  /**
   * It was in a batch whose end nobody knows: if it is there already, that is most likely by this very event, which was
   * counted then.
   */
  tried: boolean
  /** The same event came earlier in this batch. */
  repeated: boolean
  /**
   * How many events a stored one stands for; 0: sampled out, unless its group is young. Null: the project keeps
   * everything.
   */
  weight: number | null
  /** ms since the epoch */
  receivedAt: number
  occurredAt: number
  level: number
  platform: string
  environment: string
  release: string | null
  transaction: string | null
  title: string
  message: string | null
  userLabel: string | null
  /** Salted hash of the affected user, null when the event names none. */
  userHash: Buffer | null
  /** JSON object of strings */
  tags: string
  /** tsvector as text */
  search: string
  /** zstd of the normal form's JSON */
  payload: Buffer
  /** Size of the JSON, bytes. */
  payloadBytes: number
  /** Ids of the counters of alert rules that the event counts for; absent: none. */
  counters?: readonly number[]
  /** Those among them that count users; negative: of the whole project. */
  userCounters?: readonly number[]
}

export interface Appended {
  /**
   * False: nothing was done, because a group is missing or not as nearly all are (discarded, its issue resolved). The
   * caller makes the group or reopens the issue, and asks again with `force`.
   */
  complete: boolean
  /** What became of each event, in the order given. */
  outcomes: Outcome[]
}

/** So many events of a group are stored whatever the sample rate. */
export const ALWAYS_STORED = 100

const STORED = OUTCOMES.indexOf('stored')
const SAMPLED = OUTCOMES.indexOf('sampled')
const DISCARDED = OUTCOMES.indexOf('discarded')
const DUPLICATE = OUTCOMES.indexOf('duplicate')

/**
 * Stores a batch in one statement: finds the groups, decides what becomes of each event, appends events, receipts,
 * affected users, and the pre-aggregated deltas that a folder adds up later. Nothing is updated that another batch
 * would want too. As it is its own transaction, a batch is one round trip.
 *
 * - Groups are found by key, two probes each. A lock per project and their row locks, taken in key order, make a
 *   discard, merge or delete on another node wait for this transaction, or this transaction see it (design §3.2 and
 *   groups/lock-regrouping.ts). They are kept as arrays by
 *   place, because the planner takes `unnest` for ten rows and would join them by nested loops.
 * - What is already there is left alone and counted as a duplicate: by the event's key; by its receipt, when it left
 *   no row (sampled out, discarded), was sampled at all, or came near the turn of a week; and by its key in the week
 *   before, in the days after a turn.
 * - The payloads travel as one binary parameter that the server cuts up: an array of bytea would be sent as hex text,
 *   twice the size and decoded byte by byte.
 * - Rows go in key order, so that two batches that share an event wait for each other instead of deadlocking.
 * - Discarded events are deltas too, with n = 0: counted for their group and nowhere else.
 *
 * - The counters an event counts for were found before, and are part of its delta's key: what alert rules count is
 *   committed with the events, once, whatever their fate but duplicate and discarded. A set of them is text until it is
 *   stored: nearly always null, which groups for nothing.
 *
 * It comes in two forms. The short one is for batches that need no look at what is stored or was left out; the looks
 * are few, but each keeps all partitions of `event` ready, which doubles what a batch costs before its first row
 * (measured: 1 of 2 ms). Each is there again for batches in which a rule counts users, with one more list to append.
 * @param force the caller knows of missing groups, resolved issues and discarded groups: do what can be done
 */
export async function appendEvents(
  db: Db,
  groups: readonly GroupKey[],
  events: readonly EventRow[],
  { force = false } = {},
): Promise<Appended> {
  const order = [...events.keys()].sort((a, b) => {
    const [x, y] = [events[a]!, events[b]!]
    return x.projectId - y.projectId || (x.eventId < y.eventId ? -1 : x.eventId > y.eventId ? 1 : a - b)
  })
  const sorted = order.map((i) => events[i]!)
  const lengths = sorted.map((e) => e.payload.length)
  let offset = 1
  const offsets = lengths.map((length) => {
    const at = offset
    offset += length
    return at
  })
  const thorough =
    force || sorted.some((e) => e.weight !== null || e.previousExpiresOn !== null || e.nearTurn)
  const users = sorted.some((e) => e.userCounters && e.userHash)
  const { rows } = await db.query<{ complete: boolean; others: [number, number][] | null }>({
    name: `append-events${thorough ? '-thorough' : ''}${users ? '-users' : ''}`,
    text: (thorough ? THOROUGH : SHORT)[users ? 'withUsers' : 'plain'],
    values: [
      force,
      plainArray(groups.map((g) => g.projectId)),
      plainArray(groups.map((g) => g.version)),
      bytesArray(groups.map((g) => g.hash)),
      sorted.some((e) => e.weight === 0),
      plainArray(sorted.map((e) => e.group + 1)),
      plainArray(sorted.map((e) => e.projectId)),
      plainArray(sorted.map((e) => e.eventId)),
      plainArray(sorted.map((e) => e.expiresOn)),
      plainArray(sorted.map((e) => e.previousExpiresOn ?? 'NULL')),
      plainArray(sorted.map((e) => e.nearTurn)),
      plainArray(sorted.map((e) => e.repeated)),
      plainArray(sorted.map((e) => e.weight ?? 'NULL')),
      plainArray(sorted.map((e) => e.receivedAt)),
      plainArray(sorted.map((e) => e.occurredAt)),
      plainArray(sorted.map((e) => e.level)),
      textArray(sorted.map((e) => e.platform)),
      textArray(sorted.map((e) => e.environment)),
      textArray(sorted.map((e) => e.release)),
      textArray(sorted.map((e) => e.transaction)),
      textArray(sorted.map((e) => e.title)),
      textArray(sorted.map((e) => e.message)),
      textArray(sorted.map((e) => e.userLabel)),
      bytesArray(sorted.map((e) => e.userHash)),
      textArray(sorted.map((e) => e.tags)),
      textArray(sorted.map((e) => e.search)),
      plainArray(offsets),
      plainArray(lengths),
      plainArray(sorted.map((e) => e.payloadBytes)),
      Buffer.concat(
        sorted.map((e) => e.payload),
        offset - 1,
      ),
      plainArray(sorted.map((e) => e.tried)),
      textArray(sorted.map((e) => setOf(e.counters))),
      ...(users ? [textArray(sorted.map((e) => setOf(e.userCounters)))] : []),
    ],
  })
  const { complete, others } = rows[0]!
  const outcomes = new Array<Outcome>(events.length).fill('stored')
  for (const [place, outcome] of others ?? []) outcomes[order[place - 1]!] = OUTCOMES[outcome]!
  return { complete, outcomes }
}

/** A set of ids as PostgreSQL writes an array; null when it is empty. */
const setOf = (ids: readonly number[] | undefined): string | null => (ids?.length ? plainArray(ids) : null)

const NO_RECEIPT = `not exists (
        select from receipt r where r.project_id = i.project_id and r.event_id = i.event_id)`
const NOT_THERE = `case when near_turn or weight is not null
        then (project_id, event_id) in (select project_id, event_id from receipts)
        else ${NO_RECEIPT} end
      and (previous_expires_on is null or not exists (
        select from event e
        where e.project_id = i.project_id and e.event_id = i.event_id and e.expires_on in (i.previous_expires_on, i.previous_expires_on + 7)))`
/** What leaves no row must not be there already; what is stored is told by its own key. */
const RECEIPTS = `, receipts as (
    insert into receipt (project_id, event_id, received_at)
    select project_id, event_id, to_timestamp(received_at / 1000) from input i
    where (near_turn or weight is not null or fate <> ${STORED}) and not repeated
      and (fate = ${STORED} or not exists (
        select from event e
        where e.project_id = i.project_id and e.event_id = i.event_id
          and e.expires_on in (i.expires_on, i.previous_expires_on, i.previous_expires_on + 7)))
    on conflict (project_id, event_id) do nothing
    returning project_id, event_id
  )`

/** One row for a user, counter and minute: an append that many events share, as those of `group_user`. */
const RULE_USERS = `, rule_users as (
    insert into rule_user (project_id, counter_id, group_id, minute, user_hash)
    select j.project_id, abs(c.id), case when c.id > 0 then j.group_id else 0 end, j.minute, j.user_hash
    from judged j cross join lateral unnest(j.user_counters::int[]) as c (id)
    where j.user_hash is not null and j.outcome in (${STORED}, ${SAMPLED}) group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5
    on conflict do nothing
  )`

const statement = ({ thorough, users }: { thorough: boolean; users: boolean }): string => `
  with keys as materialized (
    select * from unnest($2::int[], $3::smallint[], $4::bytea[]) with ordinality as k (project_id, version, hash, place)
  ), gate as materialized (
    select pg_advisory_xact_lock_shared(${REGROUPING_GATE}, project_id)
    from (select distinct project_id from keys order by project_id) p
  ), found as materialized (
    select k.place, g.group_id, g.discarded_at is not null as discarded, i.resolved,
           case when $5::bool then coalesce((
             select t.event_count from group_total t where t.project_id = k.project_id and t.group_id = g.group_id
           ), 0) < ${ALWAYS_STORED} else true end as young
    from (select * from keys where (select count(*) from gate) > 0 order by project_id, version, hash) k
    cross join lateral (
      select * from event_group g
      where g.project_id = k.project_id and g.version = k.version and g.hash = k.hash
      for key share
    ) g
    cross join lateral (
      select i.status = 'resolved' as resolved from issue i
      where i.project_id = g.project_id and i.issue_id = g.issue_id
      offset 0
    ) i
  ), groups as materialized (
    select array_agg(group_id order by place) as ids, array_agg(discarded order by place) as discarded,
           array_agg(young order by place) as young,
           count(*) = (select count(*) from keys) and ($1 or not bool_or(resolved or discarded)) as complete
    from found
  ), input as materialized (
    select t.*, (select ids from groups)[t.group_place] as group_id,
           date_trunc('minute', to_timestamp(t.received_at / 1000)) as minute,
           case when (select discarded from groups)[t.group_place] then ${DISCARDED}
                when t.weight = 0 and not (select young from groups)[t.group_place] then ${SAMPLED}
                else ${STORED} end as fate,
           coalesce(nullif(t.weight, 0), 1) as stored_weight
    from unnest(
      $6::int[], $7::int[], $8::uuid[], $9::date[], $10::date[], $11::bool[], $12::bool[], $13::real[], $14::float8[],
      $15::float8[], $16::smallint[], $17::text[], $18::text[], $19::text[], $20::text[], $21::text[], $22::text[],
      $23::text[], $24::bytea[], $25::text[], $26::text[], $27::int[], $28::int[], $29::int[], $31::bool[], $32::text[]${users ? ', $33::text[]' : ''}) with ordinality
    as t (group_place, project_id, event_id, expires_on, previous_expires_on, near_turn, repeated, weight, received_at,
          occurred_at, level, platform, environment, release, transaction, title, message,
          user_label, user_hash, tags, search, payload_offset, payload_length, payload_bytes, tried, counters${users ? ', user_counters' : ''}, place)
    where (select complete from groups)
  )${thorough ? RECEIPTS : ''}, ins as (
    insert into event (project_id, event_id, expires_on, group_id, received_at, occurred_at, level, weight, platform,
                       environment, release, transaction, title, message, user_label, tags, search,
                       payload, payload_bytes)
    select project_id, event_id, expires_on, group_id, to_timestamp(received_at / 1000),
           to_timestamp(occurred_at / 1000), level, stored_weight, platform, environment, release, transaction, title,
           message, user_label, tags::jsonb, search::tsvector,
           substring($30::bytea from payload_offset for payload_length), payload_bytes
    from input i
    where fate = ${STORED} and not repeated
      and ${thorough ? NOT_THERE : NO_RECEIPT}
    on conflict (project_id, event_id, expires_on) do nothing
    returning project_id, event_id
  ), judged as materialized (
    select i.place, i.project_id, i.group_id, i.received_at, i.minute, i.level, i.environment, i.release, i.expires_on,
           i.user_hash, i.payload_length, i.tried, i.counters${users ? ', i.user_counters' : ''},
           case when i.repeated then ${DUPLICATE}
                when i.fate = ${STORED} then case when ins.event_id is null then ${DUPLICATE} else ${STORED} end
                ${thorough ? `else case when r.event_id is null then ${DUPLICATE} else i.fate end` : ''} end as outcome
    from input i left join ins using (project_id, event_id)
         ${thorough ? 'left join receipts r using (project_id, event_id)' : ''}
  ), users as (
    insert into group_user as u (project_id, group_id, user_hash, last_seen_on)
    select project_id, group_id, user_hash, max((to_timestamp(received_at / 1000) at time zone 'UTC')::date)
    from judged where user_hash is not null and outcome in (${STORED}, ${SAMPLED}) group by 1, 2, 3 order by 1, 2, 3
    on conflict (project_id, group_id, user_hash) do update set last_seen_on = excluded.last_seen_on
      where u.last_seen_on < excluded.last_seen_on
    returning project_id, group_id, (xmax = 0) as is_new
  )${users ? RULE_USERS : ''}, seen as (
    -- Each group's new users beside its events, by a window and not by a join: the planner takes these lists for
    -- single rows, and its nested loops would be quadratic.
    select *, sum(new_user) over (partition by project_id, group_id) as new_users
    from (
      select project_id, group_id, minute, level, environment, release, expires_on, counters, outcome, payload_length,
             received_at, true as is_event, 0 as new_user
      from judged where outcome in (${STORED}, ${SAMPLED}${thorough ? `, ${DISCARDED}` : ''})
      union all
      select project_id, group_id, null, null, null, null, null, null, null, null, null, false, 1 from users where is_new
    ) x
  ), sums as (
    select project_id, group_id, minute, level, environment, release, expires_on, counters,
           ${thorough ? `count(*) filter (where outcome <> ${DISCARDED}) as n, count(*) filter (where outcome = ${DISCARDED}) as discarded,` : 'count(*) as n,'}
           count(*) filter (where outcome = ${STORED}) as stored,
           coalesce(sum(payload_length) filter (where outcome = ${STORED}), 0) as bytes,
           min(received_at) as first_seen, max(received_at) as last_seen,
           max(new_users) as new_users, row_number() over (partition by project_id, group_id) as nth
    from seen where is_event group by 1, 2, 3, 4, 5, 6, 7, 8
  ), deltas as (
    insert into event_delta (project_id, group_id, minute, level, environment, release, expires_on, rules, n, stored,
                             bytes, new_users, first_seen, last_seen${thorough ? ', discarded' : ''})
    select project_id, group_id, minute, level, environment, release, expires_on,
           coalesce(counters::int[], '{}'), n, stored, bytes,
           -- a group's new users are known per batch: its first row carries them
           case when nth = 1 then new_users else 0 end,
           to_timestamp(first_seen / 1000), to_timestamp(last_seen / 1000)${thorough ? ', discarded' : ''}
    from sums
  ), outcomes as (
    insert into outcome_delta (project_id, minute, outcome, n)
    select project_id, minute, outcome, count(*) from judged
    where not (tried and outcome = ${DUPLICATE}) group by 1, 2, 3
  )
  select (select complete from groups) as complete,
         (select json_agg(json_build_array(place, outcome)) from judged where outcome <> ${STORED}) as others`

const forms = (thorough: boolean) => ({
  plain: statement({ thorough, users: false }),
  withUsers: statement({ thorough, users: true }),
})
const SHORT = forms(false)
const THOROUGH = forms(true)
