// A page of issues for filters that may fit hardly any (an environment, a wildcard, an age): issues are looked at in
// the list's order, a bounded number at a time, until the page is full or its time is up. It gives what it found and
// the place it came to, from which the next page goes on: nothing is missed and nothing found twice. So a page without
// any row is not the end: that is where no cursor is.
import type { Db } from '#server/storage/database.ts'
import type { IssueRecord } from '#server/storage/issues/issue-row.ts'
import { listIssues, listNearestIssues, type IssueFilter } from '#server/storage/issues/list-issues.ts'
import type { IssueTerm } from '#server/storage/issues/issue-terms.ts'
import type { Keyset } from '#server/storage/keyset.ts'
import type { IssueSort } from '#shared/schemas/issue.ts'
import type { Walk } from '../search/page.ts'

/** None is begun later than this; the last takes about as long again where everything is in memory. */
const BUDGET_MS = 20
/** Issues of the first step, and how much further each next one goes. */
const DEPTH = 500
const GROWTH = 2
const MOST_DEPTH = 4_000

export async function walkIssues(
  db: Db,
  filter: IssueFilter,
  sort: IssueSort,
  keyset: Keyset,
  { budgetMs = BUDGET_MS, depth: firstDepth = DEPTH } = {},
): Promise<IssueRecord[] | Walk<IssueRecord>> {
  if (isRead(filter, sort)) return listIssues(db, filter, sort, keyset)
  const start = performance.now()
  const rows: IssueRecord[] = []
  let { from } = keyset
  for (let depth = firstDepth; ; depth = Math.min(depth * GROWTH, MOST_DEPTH)) {
    const rest = { ...keyset, from, limit: keyset.limit - rows.length }
    const step = await listNearestIssues(db, filter, sort, rest, depth)
    rows.push(...step.rows)
    if (rows.length === keyset.limit || step.reached === null) return { rows, stoppedAt: null }
    from = step.reached
    if (performance.now() - start >= budgetMs) return { rows, stoppedAt: from }
  }
}

/** An environment is a look into the counts of each issue. */
const looksIntoEvents = ({ environment, environments = [] }: IssueFilter): boolean =>
  environment !== null || environments.length > 0

/** issue_notable_idx holds these. */
const isNotable = (term: IssueTerm): boolean =>
  term.kind === 'substatus' &&
  !term.negated &&
  (term.substatus === 'regressed' || term.substatus === 'escalating')

/** Read as it is: an index gives its rows in order, or leads to the few there are (words, groups of a search). */
const isRead = ({ text, groups, ...filter }: IssueFilter, sort: IssueSort): boolean =>
  text !== null ||
  Boolean(groups) ||
  Boolean(filter.terms?.some(isNotable)) ||
  (!looksIntoEvents({ text, ...filter }) &&
    (filter.terms ?? []).length === 0 &&
    filter.level === null &&
    filter.assignee === null &&
    (filter.status === 'archived' ||
      (filter.until === null && (filter.since === null || sort === 'lastSeen'))))
