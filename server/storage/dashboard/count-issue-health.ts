import { binder } from '../bind.ts'
import type { Db } from '../database.ts'
import { issueConditions, type IssueFilter } from '../issues/list-issues.ts'
import { isNew, IS_ESCALATING, IS_REGRESSED } from '../issues/issue-state.ts'
import { countInEnvironment } from './count-in-environment.ts'

export interface IssueHealth {
  unresolved: number
  newIssues: number
  regressed: number
  escalating: number
}

/**
 * How many issues of a list are open, and how many of these are new, back, or getting louder. The conditions are the
 * list's own, so that a number equals the list it leads to. Each count stops one above the bound: an exact number
 * nobody reads would cost as much as there are issues.
 * Leans on issue_last_seen_idx, issue_first_seen_idx (new ones are young) and issue_notable_idx.
 */
export async function countIssueHealth(
  db: Db,
  filter: IssueFilter & { status: 'unresolved' },
  newSince: Date,
  bound: number,
): Promise<IssueHealth> {
  const { environment } = filter
  if (environment === null) return count(db, filter, newSince, bound, STATES)
  const among = { ...filter, environment }
  // Few are back or louder; the others may be all there are, and each would have its environments looked up.
  const [notable, unresolved, newIssues] = await Promise.all([
    count(db, filter, newSince, bound, ['regressed', 'escalating']),
    countInEnvironment(db, among, null, bound),
    countInEnvironment(db, among, newSince, bound),
  ])
  const all = async (state: State) => (await count(db, filter, newSince, bound, [state]))[state]
  return {
    ...notable,
    unresolved: unresolved ?? (await all('unresolved')),
    newIssues: newIssues ?? (await all('newIssues')),
  }
}

type State = keyof IssueHealth
const STATES: readonly State[] = ['unresolved', 'newIssues', 'regressed', 'escalating']

async function count<Asked extends State>(
  db: Db,
  filter: IssueFilter,
  newSince: Date,
  bound: number,
  states: readonly Asked[],
): Promise<Record<Asked, number>> {
  const { bind, values } = binder()
  const conditions = issueConditions(filter, { bind, values })
  const most = bind(bound + 1)
  const meant = (state: State): string[] => {
    if (state === 'newIssues') return [isNew(bind(newSince))]
    if (state === 'regressed') return [IS_REGRESSED]
    return state === 'escalating' ? [IS_ESCALATING] : []
  }
  const counts = states.map(
    (state) =>
      `(select count(*) from (
          select from issue i where ${[...conditions, ...meant(state)].join(' and ')} limit ${most}) t) as "${state}"`,
  )
  const { rows } = await db.query<Record<Asked, number>>(`select ${counts.join(', ')}`, values)
  return rows[0]! // no table in the outer question: always one row
}
