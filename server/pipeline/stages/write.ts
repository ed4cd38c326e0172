// The last stage: a batch becomes rows, in one transaction of a constant number of statements (design §3.2):
// identify groups → discard? → regression? → store with deltas. In: encoded events; out: one verdict each.
// Throws what PostgreSQL throws; whether to split, retry or give up is the writer's to decide.
import { findGroups, type FoundGroup } from '#server/storage/groups/find-groups.ts'
import { insertGroups } from '#server/storage/groups/insert-groups.ts'
import { markRegressed, type Regression } from '#server/storage/issues/mark-regressed.ts'
import { findEarlierDeliveries } from '#server/storage/events/find-earlier-deliveries.ts'
import { insertEvents, type EventInsert } from '#server/storage/events/insert-events.ts'
import { insertOutcomes } from '#server/storage/deltas/insert-outcomes.ts'
import { withTransaction, type Db } from '#server/storage/database.ts'
import type { Encoded } from '../event-states.ts'
import type { OutcomeCount, Verdict } from '../outcome.ts'

type Pool = Parameters<typeof withTransaction>[0]

const groupKey = (k: { projectId: number; version: number; hash: Buffer }) =>
  `${k.projectId}:${k.version}:${k.hash.toString('latin1')}`
const eventKey = (e: { projectId: number; eventId: string }) => `${e.projectId}:${e.eventId}`

/** @returns verdicts in the order of the batch */
export function writeBatch(pool: Pool, batch: readonly Encoded[]): Promise<Verdict[]> {
  return withTransaction(pool, async (db) => {
    const groups = await identify(db, batch)
    const earlier = await earlierDeliveries(db, batch)
    const verdicts: Verdict[] = new Array(batch.length)
    const rows: EventInsert[] = []
    const seen = new Map<string, number>()
    const regressions = new Map<number, Regression>()

    for (const [i, event] of batch.entries()) {
      const key = eventKey(event)
      const group = groups.get(groupKey({ ...event.grouping, projectId: event.projectId }))!
      if (group.discarded) verdicts[i] = { outcome: 'discarded' }
      else if (earlier.has(key) || seen.has(key)) verdicts[i] = { outcome: 'duplicate' }
      else {
        seen.set(key, i)
        rows.push(rowOf(event, group.groupId))
        const { receivedAt } = event.stamp
        if (group.resolvedAt !== null && receivedAt > group.resolvedAt) {
          const known = regressions.get(group.issueId)
          if (!known || known.receivedAt < receivedAt)
            regressions.set(group.issueId, { projectId: event.projectId, issueId: group.issueId, receivedAt })
        }
      }
    }
    if (regressions.size > 0) await markRegressed(db, [...regressions.values()])
    const stored = rows.length > 0 ? await insertEvents(db, rows) : new Set<string>()
    for (const [key, i] of seen)
      verdicts[i] = stored.has(key) ? { outcome: 'stored' } : { outcome: 'duplicate' }

    const others = countOthers(batch, verdicts)
    if (others.length > 0) await insertOutcomes(db, others)
    return verdicts
  })
}

/** The group of every event, made where there is none. Who loses the race for a new one reads the winner's. */
async function identify(db: Db, batch: readonly Encoded[]): Promise<Map<string, FoundGroup>> {
  const wanted = new Map<string, Encoded>()
  for (const event of batch) {
    const key = groupKey({ ...event.grouping, projectId: event.projectId })
    const known = wanted.get(key)
    // The oldest event of the batch gives a new issue its title and first-seen.
    if (!known || event.stamp.receivedAt < known.stamp.receivedAt) wanted.set(key, event)
  }
  const groups = new Map<string, FoundGroup>()
  const ask = async () => {
    const keys = [...wanted]
      .filter(([key]) => !groups.has(key))
      .map(([, e]) => ({ projectId: e.projectId, version: e.grouping.version, hash: e.grouping.hash }))
    for (const group of await findGroups(db, keys)) groups.set(groupKey(group), group)
  }
  await ask()
  if (groups.size < wanted.size) {
    const missing = [...wanted].filter(([key]) => !groups.has(key)).map(([, e]) => e)
    const inserted = await insertGroups(
      db,
      missing.map((e) => ({
        projectId: e.projectId,
        version: e.grouping.version,
        hash: e.grouping.hash,
        why: e.grouping.why,
        ...e.description,
        level: e.row.level,
        platform: e.row.platform,
        firstSeen: e.stamp.receivedAt,
        search: e.row.search,
      })),
    )
    for (const g of inserted) groups.set(groupKey(g), { ...g, discarded: false, resolvedAt: null })
    if (groups.size < wanted.size) await ask()
  }
  if (groups.size < wanted.size)
    throw new Error('A group was neither found nor made: it was deleted meanwhile.')
  return groups
}

async function earlierDeliveries(db: Db, batch: readonly Encoded[]): Promise<Set<string>> {
  const byWeek = new Map<string, Encoded[]>()
  for (const event of batch) {
    const week = event.stamp.previousExpiresOn
    if (week) byWeek.set(week, [...(byWeek.get(week) ?? []), event])
  }
  const found = new Set<string>()
  // One statement per retention in use (three at most), and only in the days after a turn of the week.
  for (const [week, events] of byWeek)
    for (const key of await findEarlierDeliveries(db, week, events)) found.add(key)
  return found
}

const rowOf = (event: Encoded, groupId: number): EventInsert => ({
  ...event.row,
  projectId: event.projectId,
  eventId: event.eventId,
  expiresOn: event.stamp.expiresOn,
  nearTurn: event.stamp.nearTurn,
  receivedAt: event.stamp.receivedAt,
  groupId,
  title: event.description.title,
})

/** `stored` is counted by the statement that stores. */
function countOthers(batch: readonly Encoded[], verdicts: readonly Verdict[]): OutcomeCount[] {
  const counts = new Map<string, OutcomeCount>()
  for (const [i, { outcome }] of verdicts.entries()) {
    if (outcome === 'stored') continue
    const { projectId, stamp } = batch[i]!
    const key = `${projectId}:${outcome}`
    const entry = counts.get(key)
    if (entry) entry.n++
    else counts.set(key, { projectId, outcome, at: stamp.receivedAt, n: 1 })
  }
  return [...counts.values()]
}
