import { bytesArray, plainArray, textArray } from '../array-literal.ts'
import type { Db } from '../database.ts'

/** One row of `event`, with what the deltas beside it need. */
export interface EventInsert {
  projectId: number
  /** 32 lower hex */
  eventId: string
  expiresOn: string
  /** Stamped within minutes of the turn of the week: the receipt decides about a second delivery. */
  nearTurn: boolean
  groupId: number
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
}

/**
 * Stores a batch: events, their affected users, and the pre-aggregated deltas that a folder adds up later, in one
 * statement. Nothing is updated that another batch would want too. What is already there (by the event's key, or by
 * its receipt near the turn of a week) is left alone and counted as a duplicate.
 *
 * The payloads travel as one binary parameter that the server cuts up: an array of bytea would be sent as hex text,
 * twice the size and decoded byte by byte. Rows go in key order, so that two batches that share an event wait for each
 * other instead of deadlocking.
 * @returns keys `projectId:eventId` of the events stored now; the rest of the batch were duplicates
 */
export async function insertEvents(db: Db, events: readonly EventInsert[]): Promise<Set<string>> {
  const sorted = events.toSorted((a, b) => a.projectId - b.projectId || (a.eventId < b.eventId ? -1 : 1))
  const lengths = sorted.map((e) => e.payload.length)
  let offset = 1
  const offsets = lengths.map((length) => {
    const at = offset
    offset += length
    return at
  })
  const { rows } = await db.query<{ key: string }>({
    name: 'insert-events',
    text: `
      with input as materialized (
        select * from unnest(
          $1::int[], $2::uuid[], $3::date[], $4::bool[], $5::bigint[], $6::float8[], $7::float8[], $8::smallint[],
          $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::bytea[],
          $17::text[], $18::text[], $19::int[], $20::int[], $21::int[])
        as t (project_id, event_id, expires_on, near_turn, group_id, received_at, occurred_at, level,
              platform, environment, release, transaction, title, message, user_label, user_hash,
              tags, search, payload_offset, payload_length, payload_bytes)
      ), receipts as (
        insert into receipt (project_id, event_id, received_at)
        select project_id, event_id, to_timestamp(received_at / 1000) from input where near_turn
        on conflict (project_id, event_id) do nothing
        returning project_id, event_id
      ), ins as (
        insert into event (project_id, event_id, expires_on, group_id, received_at, occurred_at, level, platform,
                           environment, release, transaction, title, message, user_label, tags, search,
                           payload, payload_bytes)
        select project_id, event_id, expires_on, group_id, to_timestamp(received_at / 1000),
               to_timestamp(occurred_at / 1000), level, platform, environment, release, transaction, title, message,
               user_label, tags::jsonb, search::tsvector,
               substring($22::bytea from payload_offset for payload_length), payload_bytes
        from input
        where not near_turn or (project_id, event_id) in (select project_id, event_id from receipts)
        on conflict (project_id, event_id, expires_on) do nothing
        returning project_id, event_id
      ), stored as materialized (
        select i.project_id, i.event_id, i.group_id, i.received_at, i.level, i.environment, i.release, i.expires_on,
               i.user_hash, i.payload_length,
               date_trunc('minute', to_timestamp(i.received_at / 1000)) as minute
        from ins join input i using (project_id, event_id)
      ), users as (
        insert into group_user as u (project_id, group_id, user_hash, last_seen_on)
        select project_id, group_id, user_hash, max((to_timestamp(received_at / 1000) at time zone 'UTC')::date)
        from stored where user_hash is not null group by 1, 2, 3 order by 1, 2, 3
        on conflict (project_id, group_id, user_hash) do update set last_seen_on = excluded.last_seen_on
          where u.last_seen_on < excluded.last_seen_on
        returning project_id, group_id, (xmax = 0) as is_new
      ), seen as (
        -- Each group's new users beside its events, by a window and not by a join: the planner takes these lists for
        -- single rows, and its nested loops would be quadratic.
        select *, sum(new_user) over (partition by project_id, group_id) as new_users
        from (
          select project_id, group_id, minute, level, environment, release, expires_on, payload_length, received_at,
                 true as is_event, 0 as new_user
          from stored
          union all
          select project_id, group_id, null, null, null, null, null, null, null, false, 1 from users where is_new
        ) x
      ), sums as (
        select project_id, group_id, minute, level, environment, release, expires_on, count(*) as n,
               sum(payload_length) as bytes, min(received_at) as first_seen, max(received_at) as last_seen,
               max(new_users) as new_users, row_number() over (partition by project_id, group_id) as nth
        from seen where is_event group by 1, 2, 3, 4, 5, 6, 7
      ), deltas as (
        insert into event_delta (project_id, group_id, minute, level, environment, release, expires_on, n, stored,
                                 bytes, new_users, first_seen, last_seen)
        select project_id, group_id, minute, level, environment, release, expires_on, n, n, bytes,
               -- a group's new users are known per batch: its first row carries them
               case when nth = 1 then new_users else 0 end,
               to_timestamp(first_seen / 1000), to_timestamp(last_seen / 1000)
        from sums
      ), outcomes as (
        insert into outcome_delta (project_id, minute, outcome, n)
        select project_id, minute, 0, count(*) from stored group by 1, 2
      )
      select project_id || ':' || replace(event_id::text, '-', '') as key from ins`,
    values: [
      plainArray(sorted.map((e) => e.projectId)),
      plainArray(sorted.map((e) => e.eventId)),
      plainArray(sorted.map((e) => e.expiresOn)),
      plainArray(sorted.map((e) => e.nearTurn)),
      plainArray(sorted.map((e) => e.groupId)),
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
    ],
  })
  return new Set(rows.map((r) => r.key))
}
