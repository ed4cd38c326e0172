// Groups that are not there yet are made: with an issue of their own, or, while their project moves to another grouping
// version, in the issue of the group that the version before would have put the event in. In: one event for each
// missing group, inside the writer's transaction. Out: the groups with the state of their issues.
//
// A move must not split an issue, although for some seconds (and longer, by way of a spool) one writer has events of
// the old version only while another has events of both. So the old version's group is made first, also for an error
// nobody saw before: its unique key is where all of them meet, and the new group joins whatever issue it is in.
import { findGroups, type FoundGroup, type GroupKey } from '#server/storage/groups/find-groups.ts'
import { insertGroups, type NewGroup } from '#server/storage/groups/insert-groups.ts'
import { insertJoiningGroups, type JoiningGroup } from '#server/storage/groups/insert-joining-groups.ts'
import type { Db } from '#server/storage/database.ts'
import type { Grouping } from '#server/domain/grouping/versions.ts'
import type { Encoded } from './event-states.ts'

export const textOf = (k: GroupKey): string => `${k.projectId}:${k.version}:${k.hash.toString('latin1')}`

/** The groups of the version before, by event; without a question when no project moves. */
export async function findPreviousGroups(
  db: Db,
  missing: readonly Encoded[],
): Promise<Map<Encoded, FoundGroup>> {
  const moving = missing.flatMap((event) => {
    const { previous } = event.grouping
    return previous ? [{ event, key: { ...previous, projectId: event.projectId } }] : []
  })
  if (moving.length === 0) return new Map()
  const found = await findGroups(
    db,
    moving.map(({ key }) => key),
  )
  const groups = new Map(found.map((group) => [textOf(group), group]))
  return new Map(
    moving.flatMap(({ event, key }) => {
      const group = groups.get(textOf(key))
      return group ? [[event, group] as const] : []
    }),
  )
}

/** @returns more than was asked for while projects move; less when a group is deleted in the same moment */
export async function makeGroups(
  db: Db,
  missing: readonly Encoded[],
  previous: ReadonlyMap<Encoded, FoundGroup>,
): Promise<FoundGroup[]> {
  const roots = new Map<string, NewGroup>()
  for (const event of missing) {
    if (previous.has(event)) continue
    const group = newGroup(event, event.grouping.previous ?? event.grouping)
    const known = roots.get(textOf(group))
    // The oldest event gives a new issue its title and first-seen.
    if (!known || group.firstSeen < known.firstSeen) roots.set(textOf(group), group)
  }
  const made = await withIssues(db, [...roots.values()])
  const moving = missing.flatMap((event) => joiningGroup(event) ?? [])
  if (moving.length === 0) return made

  await insertJoiningGroups(db, moving)
  const joined = await findGroups(db, moving)
  // What found its issue full gets one of its own.
  const found = new Set(joined.map(textOf))
  const left = missing.filter(
    ({ projectId, grouping }) => grouping.previous && !found.has(textOf({ ...grouping, projectId })),
  )
  const others = await withIssues(
    db,
    left.map((event) => newGroup(event, event.grouping)),
  )
  return [...made, ...joined, ...others]
}

/** Who loses the race for a new group reads the winner's. */
async function withIssues(db: Db, groups: readonly NewGroup[]): Promise<FoundGroup[]> {
  if (groups.length === 0) return []
  const made = (await insertGroups(db, groups)).map((g) => ({ ...g, discarded: false, resolvedAt: null }))
  if (made.length === groups.length) return made
  const keys = new Set(made.map(textOf))
  return [
    ...made,
    ...(await findGroups(
      db,
      groups.filter((g) => !keys.has(textOf(g))),
    )),
  ]
}

function newGroup({ projectId, eventId, description, row, stamp }: Encoded, grouping: Grouping): NewGroup {
  const { version, hash, why } = grouping
  return {
    ...{ projectId, version, hash, why, ...description },
    level: row.level,
    platform: row.platform,
    firstSeen: stamp.receivedAt,
    search: row.search,
    eventId,
    expiresOn: stamp.expiresOn,
  }
}

function joiningGroup({ projectId, grouping }: Encoded): JoiningGroup | undefined {
  const { version, hash, why, previous } = grouping
  return previous && { projectId, version, hash, why: { ...why, joined: previous.version }, previous }
}
