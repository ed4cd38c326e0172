// The machine's second limit: the least that stores an event for good. Parse, hash the stack, compress, append the
// events and their deltas in one statement, answer after the commit; batches form while the two before them commit; a
// fold once a second. No keys, no validation, no normal form, no scrubbing, no search words, no second look at
// duplicates: a yardstick for the real line, with the same tables' shape and the same indexes.
import { createHash } from 'node:crypto'
import http from 'node:http'
import { constants, zstdCompressSync } from 'node:zlib'
import pg from 'pg'

const WRITERS = 2
const BATCH = 500
const FOLD_MS = 1_000
const LEVEL_ERROR = 3
const ZSTD = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

const SCHEMA = `
  drop table if exists event, issue, delta, rollup cascade;
  create table issue (
    id bigint generated always as identity primary key, hash bytea not null unique,
    n bigint not null default 0, last_seen timestamptz) with (fillfactor = 70);
  create table delta (
    id bigint generated always as identity primary key, issue_id bigint, minute timestamptz, environment text, n int);
  create table rollup (
    minute timestamptz, environment text, n bigint, primary key (minute, environment)) with (fillfactor = 50);
  create table event (
    project_id int not null, event_id uuid not null, expires_on date not null, issue_id bigint not null,
    received_at timestamptz not null, level smallint, environment text, release text, message text, tags jsonb,
    search tsvector, payload bytea, primary key (project_id, event_id, expires_on)) partition by range (expires_on);
  alter table event alter column payload set storage external;
  create table event_all partition of event for values from (minvalue) to (maxvalue);
  create index on event (project_id, issue_id, received_at desc, event_id desc);
  create index on event (project_id, received_at desc, event_id desc);
  create index on event using gin (search) with (fastupdate = off);`

const APPEND = `
  with input as (
    select *, substring($8::bytea from place for length) as payload
    from unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int[], $9::int[])
      as t (event_id, issue_id, environment, release, message, tags, place, length)
  ), stored as (
    insert into event (project_id, event_id, expires_on, issue_id, received_at, level, environment, release, message, tags, search, payload)
    select 1, event_id, current_date + 90, issue_id, now(), ${LEVEL_ERROR}, environment, release, message, tags::jsonb,
           to_tsvector('simple', message), payload
    from input on conflict do nothing returning issue_id, environment
  )
  insert into delta (issue_id, minute, environment, n)
  select issue_id, date_trunc('minute', now()), environment, count(*) from stored group by 1, 3`

const FOLD = `
  with d as (delete from delta returning *), i as (
    update issue set n = issue.n + s.n, last_seen = now()
    from (select issue_id, sum(n) as n from d group by 1) s where issue.id = s.issue_id
  )
  insert into rollup as r select minute, environment, sum(n) from d group by 1, 2
  on conflict (minute, environment) do update set n = r.n + excluded.n`

interface BenchEvent {
  event_id: string
  environment: string
  release: string
  tags: unknown
  exception: {
    values: {
      type: string
      value: string
      stacktrace: { frames: { filename: string; function: string }[] }
    }[]
  }
}
interface Waiting {
  event: BenchEvent
  hash: Buffer
  payload: Buffer
  done(): void
}

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: WRITERS + 1 })
await pool.query(SCHEMA)

const issues = new Map<string, string>()
const queue: Waiting[] = []
let writing = 0

function write(): void {
  while (writing < WRITERS && queue.length > 0) {
    writing++
    const batch = queue.splice(0, BATCH)
    void append(batch).then(() => {
      writing--
      for (const { done } of batch) done()
      write()
    })
  }
}

async function append(batch: Waiting[]): Promise<void> {
  const unknown = new Map(
    batch
      .filter(({ hash }) => !issues.has(hash.toString('hex')))
      .map(({ hash }) => [hash.toString('hex'), hash]),
  )
  if (unknown.size > 0) {
    const { rows } = await pool.query<{ id: string; hash: Buffer }>(
      `insert into issue (hash) select * from unnest($1::bytea[]) on conflict (hash) do update set hash = excluded.hash
       returning id, hash`,
      [[...unknown.values()]],
    )
    for (const { id, hash } of rows) issues.set(hash.toString('hex'), id)
  }
  let place = 1
  const places = batch.map(({ payload }) => (place += payload.length) - payload.length)
  await pool.query({
    name: 'append',
    text: APPEND,
    values: [
      batch.map(({ event }) => event.event_id),
      batch.map(({ hash }) => issues.get(hash.toString('hex'))),
      batch.map(({ event }) => event.environment),
      batch.map(({ event }) => event.release),
      batch.map(({ event }) => event.exception.values[0]!.value),
      batch.map(({ event }) => JSON.stringify(event.tags)),
      places,
      Buffer.concat(batch.map(({ payload }) => payload)),
      batch.map(({ payload }) => payload.length),
    ],
  })
}

function accept(event: BenchEvent, done: () => void): void {
  const hash = createHash('sha256')
  for (const { type, stacktrace } of event.exception.values) {
    hash.update(type)
    for (const frame of stacktrace.frames) hash.update(frame.filename).update(frame.function)
  }
  const payload = zstdCompressSync(JSON.stringify(event), ZSTD)
  queue.push({ event, hash: hash.digest().subarray(0, 16), payload, done })
}

http
  .createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as BenchEvent | BenchEvent[]
      const events = Array.isArray(body) ? body : [body]
      let left = events.length
      const done = () => {
        if (--left > 0) return
        response.writeHead(202, { 'content-type': 'application/json' })
        response.end(Array.isArray(body) ? `{"accepted":${body.length}}` : `{"id":"${body.event_id}"}`)
      }
      for (const event of events) accept(event, done)
      write()
    })
  })
  .listen(Number(process.env.PORT), '127.0.0.1', () => process.send!('listening'))

let folding = false
setInterval(() => {
  if (folding) return
  folding = true
  void pool.query(FOLD).finally(() => (folding = false))
}, FOLD_MS)
process.on('disconnect', () => process.exit())
