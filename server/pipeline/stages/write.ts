// The last stage: a batch becomes rows, in one transaction of a constant number of statements (design §3.2):
// identify groups → discard? → regression? → sample → store with deltas. In: encoded events; out: one verdict each.
// Throws what PostgreSQL throws; whether to split, retry or give up is the writer's to decide.
//
// Nearly every batch has only groups that exist and issues that are open: one statement. When it finds otherwise it
// does nothing, and the batch is written the long way: groups made, issues reopened, then the same statement again.
import { appendEvents, type EventRow } from '#server/storage/events/append-events.ts'
import { OVERFLOW } from '#server/domain/grouping/overflow.ts'
import { countGroupRoom } from '#server/storage/groups/count-group-room.ts'
import { findGroups, type FoundGroup, type GroupKey } from '#server/storage/groups/find-groups.ts'
import { waitForRegrouping } from '#server/storage/groups/lock-regrouping.ts'
import { lockLiveProjects } from '#server/storage/projects/lock-live-projects.ts'
import { markRegressed, type Regression } from '#server/storage/issues/mark-regressed.ts'
import { withTransaction, type Db } from '#server/storage/database.ts'
import type { Outcome } from '#shared/schemas/stats.ts'
import type { Encoded } from '../event-states.ts'
import { findPreviousGroups, makeGroups, textOf } from '../make-groups.ts'
import type { Verdict } from '../outcome.ts'

type Pool = Parameters<typeof withTransaction>[0]

/** @returns verdicts in the order of the batch */
export async function writeBatch(pool: Pool, batch: readonly Encoded[]): Promise<Verdict[]> {
  const { groups, rows } = rowsOf(batch)
  const first = await appendEvents(pool, groups.map(keyOf), rows)
  if (first.complete) return first.outcomes.map(verdictOf)
  const written = await withTransaction(pool, async (db) => {
    await waitForRegrouping(db, [...new Set(groups.map((event) => event.projectId))])
    const found = await identify(db, groups)
    if (found instanceof Set) return found
    const regressions = regressionsIn(groups, rows, found)
    if (regressions.size > 0) {
      await markRegressed(
        db,
        [...regressions.values()].map(([, regression]) => regression),
      )
      // What reopened an issue is stored whatever the sample rate.
      for (const [row] of regressions.values()) if (row.weight !== null) row.weight = 1
    }
    const { complete, outcomes } = await appendEvents(db, groups.map(keyOf), rows, { force: true })
    if (!complete) throw new GroupVanished()
    return outcomes.map(verdictOf)
  })
  return written instanceof Set ? writeOthers(pool, batch, written) : written
}

/** Projects were deleted while these events waited, in the intake or in a spool: nobody is left who could miss them. */
async function writeOthers(
  pool: Pool,
  batch: readonly Encoded[],
  gone: ReadonlySet<number>,
): Promise<Verdict[]> {
  const others = batch.filter(({ projectId }) => !gone.has(projectId))
  const verdicts = others.length > 0 ? await writeBatch(pool, others) : []
  let next = 0
  return batch.map(({ projectId }) => (gone.has(projectId) ? { outcome: 'discarded' } : verdicts[next++]!))
}

/** A batch lost the race for a new group to another, whose group was deleted at once: the whole is tried again. */
class GroupVanished extends Error {
  /** SQLSTATE's word for it, a serialization failure. */
  readonly code = '40001'
  constructor() {
    super('A group was neither found nor made: it was deleted meanwhile.')
  }
}

/** The statement's own outcomes are the verdicts that say nothing more. */
const verdictOf = (outcome: Outcome): Verdict => ({ outcome }) as Verdict // the others come from the writer or the door

const keyOf = ({ projectId, grouping }: Encoded): GroupKey => ({
  projectId,
  version: grouping.version,
  hash: grouping.hash,
})

/** The batch as rows, and one event for each of its groups: the oldest, which gives a new issue its title. */
function rowsOf(batch: readonly Encoded[]): { groups: Encoded[]; rows: EventRow[] } {
  const places = new Map<string, number>()
  const groups: Encoded[] = []
  const ids = new Set<string>()
  const rows = batch.map((event): EventRow => {
    const text = textOf(keyOf(event))
    let group = places.get(text)
    if (group === undefined) {
      places.set(text, (group = groups.length))
      groups.push(event)
    } else if (event.stamp.receivedAt < groups[group]!.stamp.receivedAt) groups[group] = event
    const id = `${event.projectId}:${event.eventId}`
    const repeated = ids.has(id)
    if (!repeated) ids.add(id)
    const { stamp, projectId, eventId } = event
    const { title } = event.description
    return { ...event.row, ...stamp, projectId, eventId, group, repeated, tried: event.tried ?? false, title }
  })
  return { groups, rows }
}

/**
 * The group of every event, made where there is none. Where a project has made too many in this hour, the place in
 * `groups` is given to its overflow group; a group that joins an issue of the project's previous grouping is not new.
 * @returns the projects that are gone instead, when there are any: no group can be made for them
 */
async function identify(db: Db, groups: Encoded[]): Promise<Map<string, FoundGroup> | Set<number>> {
  const found = new Map<string, FoundGroup>()
  const missing = () => groups.filter((event) => !found.has(textOf(keyOf(event))))
  const ask = async () => {
    for (const group of await findGroups(db, missing().map(keyOf))) found.set(textOf(group), group)
  }
  await ask()
  if (missing().length > 0) {
    const projects = new Set(missing().map(({ projectId }) => projectId))
    const gone = projects.difference(await lockLiveProjects(db, [...projects]))
    if (gone.size > 0) return gone
    const previous = await findPreviousGroups(db, missing())
    await overflow(
      db,
      groups,
      missing().filter((event) => !previous.has(event)),
    )
    await ask()
    for (const group of await makeGroups(db, missing(), previous)) found.set(textOf(group), group)
  }
  return found
}

/** Hands those beyond the project's limit of new groups an hour, the latest ones, to its overflow group. */
async function overflow(db: Db, groups: Encoded[], missing: Encoded[]): Promise<void> {
  const room = await countGroupRoom(db, [...new Set(missing.map((e) => e.projectId))])
  if (room.size === 0) return
  const byTime = missing.toSorted((a, b) => a.stamp.receivedAt - b.stamp.receivedAt)
  const beyond = new Set<Encoded>()
  for (const event of byTime) {
    const left = room.get(event.projectId) ?? Infinity
    if (left > 0) room.set(event.projectId, left - 1)
    else beyond.add(event)
  }
  for (const [i, event] of groups.entries()) if (beyond.has(event)) groups[i] = { ...event, ...OVERFLOW }
}

/** By issue: the newest event that came after it was resolved. */
function regressionsIn(
  groups: readonly Encoded[],
  rows: readonly EventRow[],
  found: Map<string, FoundGroup>,
): Map<number, [EventRow, Regression]> {
  const regressions = new Map<number, [EventRow, Regression]>()
  const states = groups.map((event) => found.get(textOf(keyOf(event))))
  for (const row of rows) {
    const group = states[row.group]
    if (!group || group.discarded || group.resolvedAt === null || row.receivedAt <= group.resolvedAt) continue
    const known = regressions.get(group.issueId)
    if (!known || known[1].receivedAt < row.receivedAt) {
      const { projectId, receivedAt, eventId, expiresOn } = row
      const { issueId } = group
      regressions.set(issueId, [row, { projectId, issueId, receivedAt, eventId, expiresOn }])
    }
  }
  return regressions
}
