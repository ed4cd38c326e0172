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
import { areFrequent } from '#server/storage/events/search-events.ts'
import type { EventSearch } from '#server/storage/events/event-terms.ts'
import type { EventFilter } from '#server/storage/events/list-events.ts'
import type { IssueFilter } from '#server/storage/issues/list-issues.ts'
import { expiriesOf, LONGEST_LIFE_DAYS } from '../retention/expiry.ts'

export interface SearchBounds {
  /** Newest events that are looked through first. */
  first: number
  /** Newest events that are looked through in all, when the search has no rare word. */
  newest: number
  /** Events that are found by rare words. */
  byWords: number
}
const BOUNDS: SearchBounds = { first: 1_000, newest: 4_000, byWords: 2_000 }
/** Of one project among many; 200 of them are 40,000 rows. */
const SMALLEST_SHARE = 200
/** One of so many or fewer: rare. */
const RARE = 100
const DAY_MS = 86_400_000
const WEEK_MS = 7 * DAY_MS

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
  const filter = {
    projectId,
    expiries: expiriesOf(range, new Date()),
    ...range,
    level: null,
    environment,
  } satisfies EventFilter
  const first = await findGroupsAmongNewest(db, filter, search, { depth: bounds.first })
  if (first.reached === null) return first
  if (words !== null && first.hits * RARE < bounds.first) {
    const found = await groupsByWords(db, filter, { ...search, words }, bounds.byWords)
    if (found) return found
  }
  const depth = bounds.newest - bounds.first
  const rest = await findGroupsAmongNewest(db, filter, search, { depth, before: first.reached })
  return {
    groups: [...new Set([...first.groups, ...rest.groups])],
    hits: first.hits + rest.hits,
    backTo: rest.backTo,
  }
}

/**
 * Week by week, newest first: of all weeks together, every event with the words would be read to find the newest. Null
 * when the words are rare only among the newest events.
 */
async function groupsByWords(
  db: Db,
  filter: EventFilter & { until: Date },
  search: EventSearch & { words: string },
  most: number,
): Promise<GroupsFound | null> {
  const groups = new Set<string>()
  let hits = 0
  const oldest = filter.since?.getTime() ?? filter.until.getTime() - LONGEST_LIFE_DAYS * DAY_MS
  for (let until = filter.until.getTime(); until > oldest; until -= WEEK_MS) {
    const range = { since: new Date(Math.max(until - WEEK_MS, oldest)), until: new Date(until) }
    const expiries = expiriesOf(range, new Date())
    if (await areFrequent(db, { ...filter, ...range, expiries }, search.words, most)) return null
    const found = await findGroupsByWords(db, { ...filter, ...range, expiries }, search, most - hits)
    for (const group of found.groups) groups.add(group)
    hits += found.hits
    if (found.backTo !== null) return { groups: [...groups], hits, backTo: found.backTo }
  }
  return { groups: [...groups], hits, backTo: null }
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
  if (projectIds.length === 1)
    return groupsWith(db, { projectId: projectIds[0]!, environment, since, until }, search, now)
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
