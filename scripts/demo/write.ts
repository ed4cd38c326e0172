// Through the real line, with stamps of the past: prepare → writeBatch → the folder's own statements. People's
// decisions (resolved, archived) happen between the batches, at their place in time.
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { changeStatus } from '#server/domain/issues/change-status.ts'
import { stamp } from '#server/domain/ingest/stamp.ts'
import type { Encoded } from '#server/pipeline/event-states.ts'
import { prepare } from '#server/pipeline/pipeline.ts'
import { writeBatch } from '#server/pipeline/stages/write.ts'
import { ensurePartitions } from '#server/processes/partition-keeper.ts'
import { foldEvents } from '#server/storage/deltas/fold-events.ts'
import { foldOutcomes } from '#server/storage/deltas/fold-outcomes.ts'
import { useDatabase } from '#server/storage/database.ts'
import type { DemoEvent } from './make-events.ts'
import type { Owner } from './owner.ts'
import type { Catalogue, Problem } from './problem.ts'
import type { DemoProject } from './projects.ts'
import { daysBefore } from './rhythm.ts'

const BATCH = 250
const FOLD_ROWS = 20_000

export interface WriteOptions {
  projects: Map<Catalogue, DemoProject>
  owner: Owner
  userSalt: Buffer
  /** ms since the epoch */
  now: number
}

interface Decision {
  at: number
  problem: Problem
  project: DemoProject
  status: 'resolved' | 'archived' | 'unresolved'
}

/** @returns how many were stored */
export async function writeDemo(events: readonly DemoEvent[], options: WriteOptions): Promise<number> {
  const { write } = useDatabase()
  await ensurePartitions({ pool: write, now: () => options.now })
  const decisions = decisionsOf(options)
  const firstOf = new Map<Problem, Encoded>()
  let stored = 0
  for (let next = 0; next < events.length;) {
    const until = decisions[0]?.at ?? Infinity
    const batch: Encoded[] = []
    for (; next < events.length && batch.length < BATCH && events[next]!.at <= until; next++) {
      const event = events[next]!
      const encoded = encode(event, options)
      if (!firstOf.has(event.problem)) firstOf.set(event.problem, encoded)
      batch.push(encoded)
    }
    if (batch.length > 0) {
      const verdicts = await writeBatch(write, batch)
      stored += verdicts.filter(({ outcome }) => outcome === 'stored').length
      await backdateRegressions(batch)
    } else await decide(decisions.shift()!, firstOf, options)
  }
  for (const decision of decisions) await decide(decision, firstOf, options)
  return stored
}

function encode({ catalogue, at, payload }: DemoEvent, { projects, userSalt }: WriteOptions): Encoded {
  const project = projects.get(catalogue)!
  return prepare(
    { state: 'received', project, stamp: stamp(at, project.retentionDays), payload, dialect: 'sentry' },
    userSalt,
  )
}

function decisionsOf({ projects, now }: WriteOptions): Decision[] {
  return [...projects]
    .flatMap(([catalogue, project]) =>
      catalogue.problems.flatMap((problem) =>
        (problem.history ?? []).map(({ daysAgo, status }) => ({
          at: daysBefore(now, daysAgo),
          problem,
          project,
          status,
        })),
      ),
    )
    .sort((a, b) => a.at - b.at)
}

/** The domain's own change, which is of this moment; then its traces are moved to where they belong. */
async function decide(
  { at, problem, project, status }: Decision,
  firstOf: Map<Problem, Encoded>,
  { owner }: WriteOptions,
): Promise<void> {
  const first = firstOf.get(problem)
  if (!first) return // with very few events a problem may begin later than it was dealt with
  const { write } = useDatabase()
  const { rows } = await write.query<{ issue_id: number }>(
    `select g.issue_id from event e join event_group g using (project_id, group_id)
      where e.project_id = $1 and e.event_id = $2 and e.expires_on = $3`,
    [project.id, first.eventId, first.stamp.expiresOn],
  )
  const issueId = rows[0]!.issue_id
  await changeStatus(project, { reference: String(issueId), status, actorId: owner.id })
  await write.query(
    `with latest as (
       update issue_activity set created_at = to_timestamp($3::float8 / 1000)
        where project_id = $1 and id = (select max(id) from issue_activity where project_id = $1 and issue_id = $2 and kind = $4))
     update issue set resolved_at = to_timestamp($3::float8 / 1000)
      where project_id = $1 and issue_id = $2 and resolved_at is not null`,
    [project.id, issueId, at, status],
  )
}

/** The writer has just reopened what was resolved: that happened when the event came. */
async function backdateRegressions(batch: readonly Encoded[]): Promise<void> {
  await useDatabase().write.query(
    `update issue_activity a set created_at = e.at
       from (select g.project_id, g.issue_id, min(e.received_at) as at
               from unnest($1::int[], $2::uuid[], $3::date[]) as t (project_id, event_id, expires_on)
               join event e using (project_id, event_id, expires_on)
               join event_group g using (project_id, group_id) group by 1, 2) e
      where a.project_id = e.project_id and a.issue_id = e.issue_id and a.kind = 'regressed'
        and a.created_at > now() - interval '1 minute' and e.at < now() - interval '1 minute'`,
    [batch.map((e) => e.projectId), batch.map((e) => e.eventId), batch.map((e) => e.stamp.expiresOn)],
  )
}

const FOLD_PATIENCE_MS = 20_000

/** Adds up until nothing is left. A running server folds as well; a project belongs to one folder at a time. */
export async function foldAll(projectIds: readonly number[]): Promise<void> {
  const { write } = useDatabase()
  const deadline = performance.now() + FOLD_PATIENCE_MS
  for (;;) {
    for (const id of projectIds) {
      while ((await foldEvents(write, id, 0, FOLD_ROWS)).rows > 0);
      while ((await foldOutcomes(write, id, 0, FOLD_ROWS)).rows > 0);
    }
    const { rows } = await write.query<{ left: boolean }>(
      `select exists (select from event_delta where project_id = any($1::int[])) as left`,
      [projectIds],
    )
    if (!rows[0]!.left) return
    if (performance.now() > deadline) throw new Error('Deltas are left that cannot be folded.')
    await sleep(100)
  }
}
