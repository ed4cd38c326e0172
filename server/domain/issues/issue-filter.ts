// The words of a list's address, as what storage asks for. Unresolved issues are looked at over the last 24 hours unless
// the caller says otherwise; other states have no default range.
import type { z } from 'zod'
import type { IssueFilter } from '#server/storage/issues/list-issues.ts'
import { levelToNumber } from '#shared/constants/levels.ts'
import type { issueFilter } from '#shared/schemas/issue.ts'
import { parseRange } from '../search/range.ts'
import { toTsqueryText } from '../search/text-query.ts'

const DEFAULT_RANGE = '24h'

/** @param now the moment ages count from: when the reading began */
export function filterOf(
  projectId: number,
  words: z.output<typeof issueFilter>,
  actorId: string,
  now: Date,
): IssueFilter {
  const { since, until } = parseRange(words, now, words.status === 'unresolved' ? DEFAULT_RANGE : undefined)
  return {
    projectId,
    status: words.status,
    level: words.level === undefined ? null : levelToNumber(words.level),
    environment: words.environment ?? null,
    text: toTsqueryText(words.query),
    since,
    until,
    assignee: words.assignee === 'me' ? actorId : (words.assignee ?? null),
  }
}
