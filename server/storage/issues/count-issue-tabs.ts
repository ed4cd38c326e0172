import type { IssueTab } from '#shared/schemas/issue.ts'
import { ISSUE_TABS } from '#shared/constants/issue.ts'
import { binder } from '../bind.ts'
import type { Db } from '../database.ts'
import { issueConditionsIn, type IssueFilter } from './list-issues.ts'

/**
 * How many issues each of these tabs of a list has, in one statement. The conditions are the list's own; each count
 * stops one above the bound, since an exact number nobody reads would cost as much as there are issues. Leans on what
 * the list leans on, and on issue_notable_idx for regressed and escalating ones, once for each project.
 */
export async function countIssueTabs(
  db: Db,
  projectIds: readonly number[],
  filters: Partial<Record<IssueTab, Omit<IssueFilter, 'projectId'>>>,
  bound: number,
): Promise<Partial<Record<IssueTab, number>>> {
  const { bind, values } = binder()
  const ids = bind(projectIds)
  const most = bind(bound + 1)
  const counts = ISSUE_TABS.flatMap((tab) => {
    const filter = filters[tab]
    if (!filter) return []
    const conditions = issueConditionsIn(() => 'wanted.id', filter, { bind, values })
    return `(select count(*) from (
        select from unnest(${ids}::int[]) as wanted (id)
        cross join lateral (select from issue i where ${conditions.join(' and ')} limit ${most}) i
        limit ${most}) t) as "${tab}"`
  })
  const { rows } = await db.query<Partial<Record<IssueTab, number>>>(`select ${counts.join(', ')}`, values)
  return rows[0]! // no table in the outer question: always one row
}
