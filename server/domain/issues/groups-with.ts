// The groups with an event that fits what a search for issues says about events (tags, releases, users …), among the
// newest events of the range. The bound counts rows and ends where the reading of the list began, so every page of it
// sees the same events.
import type { Db } from '#server/storage/database.ts'
import {
  findGroupsAmongNewest,
  findGroupsByWords,
  findGroupsInProjects,
  type GroupsFound,
} from '#server/storage/events/find-groups-with.ts'
import type { EventSearch } from '#server/storage/events/event-terms.ts'
import type { EventFilter } from '#server/storage/events/list-events.ts'
import type { IssueFilter } from '#server/storage/issues/list-issues.ts'
import { expiriesOf } from '../retention/expiry.ts'

export interface SearchBounds {
  /** Newest events that are looked through first. */
  first: number
  /** Newest events that are looked through in all, when the search has no rare word. */
  newest: number
  /** Events that are found by rare words. */
  byWords: number
}
const BOUNDS: SearchBounds = { first: 5_000, newest: 20_000, byWords: 10_000 }
/** Of one project among many; 200 of them are 40,000 rows. */
const SMALLEST_SHARE = 200
/** One of so many or fewer: rare. */
const RARE = 50

export async function groupsWith(
  db: Db,
  {
    projectId,
    environment,
    since,
    until,
  }: Pick<IssueFilter, 'projectId' | 'environment' | 'since' | 'until'>,
  search: EventSearch,
  now: Date,
  bounds = BOUNDS,
): Promise<GroupsFound> {
  const { words } = search
  if (words === '') return { groups: [], hits: 0, backTo: null }
  const range = { since, until: until && until < now ? until : now }
  const filter: EventFilter = {
    projectId,
    expiries: expiriesOf(range, new Date()),
    ...range,
    level: null,
    environment,
  }
  const first = await findGroupsAmongNewest(db, filter, search, bounds.first)
  if (first.backTo === null) return first
  if (words !== null && first.hits * RARE < bounds.first) {
    return findGroupsByWords(db, filter, { ...search, words }, bounds.byWords)
  }
  return findGroupsAmongNewest(db, filter, search, bounds.newest)
}

/**
 * The same in several projects, which share the bounds: in many projects each is looked through less far. A constant
 * number of statements; of one project it finds what `groupsWith` finds.
 */
export async function groupsInProjects(
  db: Db,
  projectIds: readonly number[],
  { environment, since, until }: Pick<IssueFilter, 'environment' | 'since' | 'until'>,
  search: EventSearch,
  now: Date,
): Promise<GroupsFound> {
  const { words } = search
  if (words === '' || projectIds.length === 0) return { groups: [], hits: 0, backTo: null }
  const range = { since, until: until && until < now ? until : now }
  const filter = { expiries: expiriesOf(range, new Date()), ...range, level: null, environment }
  const share = (bound: number) => Math.max(SMALLEST_SHARE, Math.ceil(bound / projectIds.length))
  const find = (bound: number, byWords = false) =>
    findGroupsInProjects(db, projectIds, filter, search, { depth: share(bound), byWords })
  const first = await find(BOUNDS.first)
  if (first.backTo === null) return first
  if (words !== null && first.hits * RARE < BOUNDS.first) return find(BOUNDS.byWords, true)
  return find(BOUNDS.newest)
}
