// The words of a list's address, as what storage asks for. Unresolved issues are looked at over the last 24 hours unless
// the caller says otherwise; other states have no default range.
import type { z } from 'zod'
import type { Db } from '#server/storage/database.ts'
import type { EventSearch } from '#server/storage/events/event-terms.ts'
import type { IssueFilter } from '#server/storage/issues/list-issues.ts'
import { levelToNumber } from '#shared/constants/levels.ts'
import { stateOf } from '#shared/query/issue-state.ts'
import type { issueFilter } from '#shared/schemas/issue.ts'
import { issueSearch, stateTerm } from '../search/issue-search.ts'
import { parseRange } from '../search/range.ts'
import { readQuery } from '../search/read-query.ts'
import { groupsWith, type SearchBounds } from './groups-with.ts'

const DEFAULT_RANGE = '24h'

export type IssueWords = z.output<typeof issueFilter>
/** In whatever project. */
export type IssueConditions = Omit<IssueFilter, 'projectId'>

export interface Meant {
  filter: IssueFilter
  /** Events before this were not looked at for what a search says about events; null when all were, or none had to be. */
  backTo: Date | null
}

/** @param now the moment ages count from: when the reading began */
export async function filterOf(
  db: Db,
  projectId: number,
  words: IssueWords,
  actorId: string,
  now: Date,
  bounds?: SearchBounds,
): Promise<Meant> {
  const { conditions, events } = conditionsOf(words, actorId, now)
  const filter: IssueFilter = { projectId, ...conditions }
  if (events === null) return { filter, backTo: null }
  const found = await groupsWith(db, filter, events, now, bounds)
  return { filter: { ...filter, groups: found.groups }, backTo: found.backTo }
}

/** What is asked of the issues themselves, and what of their events. */
export function conditionsOf(
  words: IssueWords,
  actorId: string,
  now: Date,
): { conditions: IssueConditions; events: EventSearch | null } {
  const read = readQuery(words.query, 'issues')
  const { events, environment, namesTime, text, terms } = issueSearch(read, actorId, now)
  const { status, substatus, typed } = stateOf(read, words)
  const defaultRange = status === 'unresolved' && !namesTime ? DEFAULT_RANGE : undefined
  const { since, until } = parseRange(words, now, defaultRange)
  return {
    events,
    conditions: {
      status,
      level: words.level === undefined ? null : levelToNumber(words.level),
      environment: words.environment ?? null,
      environments: environment === null ? [] : [environment],
      since,
      until,
      assignee: words.assignee === 'me' ? actorId : (words.assignee ?? null),
      text,
      // What was typed is among the terms already.
      terms: substatus && !typed ? [...terms, stateTerm(substatus, false, now)] : terms,
    },
  }
}
