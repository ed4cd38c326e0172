// Fills a database with a month of events through the real line, with stamps of the past: prepare → writeBatch → the
// folder's own statement. Afterwards the tables are as autovacuum leaves them: every one vacuumed and analysed, the
// partitioned ones above them not (autovacuum never looks at those).
import { randomBytes } from 'node:crypto'
import type pg from 'pg'
import { NEW_PROJECT_GROUPING } from '#server/domain/grouping/versions.ts'
import { stamp } from '#server/domain/ingest/stamp.ts'
import type { IngestProject } from '#server/domain/projects/key-cache.ts'
import type { Encoded } from '#server/pipeline/event-states.ts'
import { prepare } from '#server/pipeline/pipeline.ts'
import { writeBatch } from '#server/pipeline/stages/write.ts'
import { createValueCaps } from '#server/pipeline/value-caps.ts'
import { ensurePartitions } from '#server/processes/partition-keeper.ts'
import { openDatabase, type Database } from '#server/storage/database.ts'
import { foldEvents } from '#server/storage/deltas/fold-events.ts'
import { foldOutcomes } from '#server/storage/deltas/fold-outcomes.ts'
import { admitValues } from '#server/storage/values/admit-values.ts'
import { scrubSettings } from '#shared/schemas/project.ts'
import { RUN_DIGITS } from '../event-ids.ts'
import { makeStoredEvents, STORED_DAYS } from './make-events.ts'

const BATCH = 500
/** Batches on their way: while one is written, the next is prepared. */
const IN_FLIGHT = 3
/** Deltas of so many batches are added up at once, as a folder that is a second behind would. */
const FOLD_EVERY = 20
const FOLD_ROWS = 20_000
const DAY_MS = 86_400_000
const RETENTION_DAYS = 90
const SAY_EVERY = 50_000

export interface FillPlan {
  projectId: number
  events: number
  issues: number
}

/** @returns seconds it took */
export async function fillProject(url: string, { projectId, events, issues }: FillPlan): Promise<number> {
  const database = openDatabase(url)
  try {
    const began = performance.now()
    await writeAll(database, { projectId, events, issues })
    return (performance.now() - began) / 1_000
  } finally {
    await database.close()
  }
}

async function writeAll({ write }: Database, { projectId, events, issues }: FillPlan): Promise<void> {
  const now = Date.now()
  // Those of the running month, and those of the time that is to have been.
  for (const daysAgo of [0, STORED_DAYS / 2 + 1])
    await ensurePartitions({ pool: write, now: () => now - daysAgo * DAY_MS })
  const project: IngestProject = {
    id: projectId,
    retentionDays: RETENTION_DAYS,
    sampleRate: 1,
    scrub: scrubSettings.parse({}),
    grouping: NEW_PROJECT_GROUPING,
  }
  const { rows } = await write.query<{ user_salt: Buffer }>('select user_salt from installation')
  const salt = rows[0]!.user_salt
  const caps = createValueCaps((values) => admitValues(write, values))
  const run = randomBytes(RUN_DIGITS / 2).toString('hex')
  const source = makeStoredEvents({ events, issues, now, run })
  let done = 0
  let batches = 0
  let said = 0
  // The writer does a batch that opens issues the long way: those events have batches of their own.
  const waiting = { opening: [] as Encoded[], known: [] as Encoded[] }
  const nextBatch = (): Encoded[] => {
    for (let next = source.next(); !next.done; next = source.next()) {
      const { receivedAt, payload, opens } = next.value
      const given = stamp(receivedAt, RETENTION_DAYS)
      const kind = opens ? 'opening' : 'known'
      waiting[kind].push(
        prepare({ state: 'received', project, stamp: given, payload, dialect: 'sentry' }, salt),
      )
      if (waiting[kind].length === BATCH) return waiting[kind].splice(0)
    }
    return (waiting.opening.length > 0 ? waiting.opening : waiting.known).splice(0)
  }
  const writers = Array.from({ length: IN_FLIGHT }, async () => {
    for (let batch = nextBatch(); batch.length > 0; batch = nextBatch()) {
      await caps.apply(batch)
      const verdicts = await writeBatch(write, batch)
      const lost = verdicts.find(({ outcome }) => outcome !== 'stored')
      if (lost) throw new Error(`An event to be stored ended as ${JSON.stringify(lost)}`)
      done += batch.length
      if (++batches % FOLD_EVERY === 0) await foldOnce(write, projectId)
      if (Math.floor(done / SAY_EVERY) > said) {
        said = Math.floor(done / SAY_EVERY)
        process.stdout.write('.')
      }
    }
  })
  await Promise.all(writers)
  while (await foldOnce(write, projectId));
}

/** @returns whether there may be more */
async function foldOnce(write: pg.Pool, projectId: number): Promise<boolean> {
  const { rows, busy } = await foldEvents(write, projectId, 0, FOLD_ROWS)
  await foldOutcomes(write, projectId, 0, FOLD_ROWS)
  return busy || rows === FOLD_ROWS
}

/** What people do in a month: a seventh of the issues resolved, an eleventh archived, some given to somebody, some back. */
export async function decideAboutIssues(pool: pg.Pool, projectId: number, userId: string): Promise<void> {
  await pool.query(
    `update issue set
       status = case when issue_id % 7 = 0 then 'resolved' when issue_id % 11 = 0 then 'archived' else status end,
       substatus = case when issue_id % 7 = 0 or issue_id % 11 = 0 then null when issue_id % 97 = 0 then 'regressed'
                   else substatus end,
       resolved_at = case when issue_id % 7 = 0 then least(last_seen + interval '1 hour', now()) end,
       archived_at = case when issue_id % 7 <> 0 and issue_id % 11 = 0 then last_seen end,
       archive_until = case when issue_id % 7 <> 0 and issue_id % 11 = 0 then 'forever' end,
       assignee_id = case when issue_id % 13 = 0 then $2 else assignee_id end
     where project_id = $1 and (issue_id % 7 = 0 or issue_id % 11 = 0 or issue_id % 13 = 0 or issue_id % 97 = 0)`,
    [projectId, userId],
  )
}

/** As autovacuum would have done by now. */
export async function settle(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ names: string }>(
    `select string_agg(c.oid::regclass::text, ', ') as names from pg_class c
     where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace`,
  )
  await pool.query(`vacuum (analyze) ${rows[0]!.names}`)
}
