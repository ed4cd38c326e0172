// How many issues each tab above a list has, by the very filters of the list that the tab leads to: exact to 1,000, one
// more stands for more. For one project or several, in a constant number of statements.
import type { z } from 'zod'
import { countInEnvironment } from '#server/storage/dashboard/count-in-environment.ts'
import type { Db } from '#server/storage/database.ts'
import { countIssueTabs } from '#server/storage/issues/count-issue-tabs.ts'
import type { EventSearch } from '#server/storage/events/event-terms.ts'
import type { GroupsFound } from '#server/storage/events/find-groups-with.ts'
import { stateOfTab, withoutState } from '#shared/query/issue-state.ts'
import { EXACT_COUNT, ISSUE_TABS } from '#shared/constants/issue.ts'
import type { issueFilter, IssueCounts, IssueTab, orgIssueFilter } from '#shared/schemas/issue.ts'
import { newSince } from '../dashboard/health.ts'
import { readQuery } from '../search/read-query.ts'
import { groupsInProjects } from './groups-with.ts'
import { conditionsOf, type IssueConditions } from './issue-filter.ts'
import { inTime } from './list-issues.ts'
import { projectsNamed } from './list-org-issues.ts'

type Words = z.output<typeof issueFilter>

export const countIssues = (projectId: number, words: Words, actorId: string): Promise<IssueCounts> =>
  countIn([projectId], words, actorId)

export async function countOrgIssues(
  organizationId: number,
  { project: names, ...words }: z.output<typeof orgIssueFilter>,
  actorId: string,
): Promise<IssueCounts> {
  const projects = await projectsNamed(organizationId, names)
  const ids = projects.map(({ id }) => id)
  return countIn(ids, words, actorId)
}

function countIn(projectIds: readonly number[], words: Words, actorId: string): Promise<IssueCounts> {
  const now = new Date()
  // A mistake is told at its place in what was typed, not in what is left of it.
  readQuery(words.query, 'issues')
  const query = words.query && withoutState(words.query)
  return inTime(words.query, async (db) => {
    const asked = ISSUE_TABS.map((tab) => {
      const tabWords = { ...words, query, substatus: undefined, ...stateOfTab(tab) }
      return { tab, ...conditionsOf(tabWords, actorId, now) }
    })
    const found = new Map<string, GroupsFound>()
    // Tabs differ in their default range only, so events are looked through twice at most.
    const groupsOf = async (conditions: IssueConditions, events: EventSearch) => {
      const range = JSON.stringify([conditions.since, conditions.until])
      const groups = found.get(range) ?? (await groupsInProjects(db, projectIds, conditions, events, now))
      found.set(range, groups)
      return groups.groups
    }
    const filters = {} as Record<IssueTab, IssueConditions> // filled below, every tab
    for (const { tab, conditions, events } of asked)
      filters[tab] = { ...conditions, groups: events && (await groupsOf(conditions, events)) }
    const counts = await countTabs(db, projectIds, filters, now)
    const stops = [...found.values()].flatMap(({ backTo }) => backTo?.getTime() ?? [])
    return { ...counts, searchedBackTo: stops.length ? new Date(Math.max(...stops)).toISOString() : null }
  })
}

/** By the list's conditions; in an environment the two large tabs by what settles them in a bounded look, where it does. */
async function countTabs(
  db: Db,
  projectIds: readonly number[],
  filters: Record<IssueTab, IssueConditions>,
  now: Date,
): Promise<Record<IssueTab, number>> {
  const settled: Partial<Record<IssueTab, number>> = {}
  const [projectId, ...others] = projectIds
  const large = { unresolved: null, new: newSince(now) } as const
  for (const tab of ['unresolved', 'new'] as const) {
    const { environment } = filters[tab]
    if (projectId === undefined || others.length > 0 || environment === null) continue
    const filter = { ...filters[tab], projectId, environment }
    const n = await countInEnvironment(db, filter, large[tab], EXACT_COUNT)
    if (n !== null) settled[tab] = n
  }
  const rest = Object.fromEntries(Object.entries(filters).filter(([tab]) => !(tab in settled)))
  const counted = { ...settled, ...(await countIssueTabs(db, projectIds, rest, EXACT_COUNT)) }
  return counted as Record<IssueTab, number> // each tab is in one of the two
}
