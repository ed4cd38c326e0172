// The words of a list's address, as what storage asks for. Unresolved issues are looked at over the last 24 hours unless
// the caller says otherwise; other states have no default range.
import type { z } from 'zod'
import type { Db } from '#server/storage/database.ts'
import type { IssueFilter } from '#server/storage/issues/list-issues.ts'
import { levelToNumber } from '#shared/constants/levels.ts'
import type { issueFilter } from '#shared/schemas/issue.ts'
import { issueSearch } from '../search/issue-search.ts'
import { parseRange } from '../search/range.ts'
import { readQuery } from '../search/read-query.ts'
import { groupsWith, type SearchBounds } from './groups-with.ts'

const DEFAULT_RANGE = '24h'

export interface Meant {
  filter: IssueFilter
  /** Events before this were not looked at for what a search says about events; null when all were, or none had to be. */
  backTo: Date | null
}

/** @param now the moment ages count from: when the reading began */
export async function filterOf(
  db: Db,
  projectId: number,
  words: z.output<typeof issueFilter>,
  actorId: string,
  now: Date,
  bounds?: SearchBounds,
): Promise<Meant> {
  const { events, environment, namesTime, ...search } = issueSearch(
    readQuery(words.query, 'issues'),
    actorId,
    now,
  )
  const status = search.status ?? words.status
  const defaultRange = status === 'unresolved' && !namesTime ? DEFAULT_RANGE : undefined
  const filter: IssueFilter = {
    projectId,
    status,
    level: words.level === undefined ? null : levelToNumber(words.level),
    environment: words.environment ?? null,
    environments: environment === null ? [] : [environment],
    ...parseBounds(words, now, defaultRange),
    assignee: words.assignee === 'me' ? actorId : (words.assignee ?? null),
    text: search.text,
    terms: search.terms,
  }
  if (events === null) return { filter, backTo: null }
  const found = await groupsWith(db, filter, events, now, bounds)
  return { filter: { ...filter, groups: found.groups }, backTo: found.backTo }
}

function parseBounds(words: z.output<typeof issueFilter>, now: Date, fallback: string | undefined) {
  const { since, until } = parseRange(words, now, fallback)
  return { since, until }
}
