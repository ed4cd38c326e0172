import { binder } from '../bind.ts'
import type { Db } from '../database.ts'
import { issueConditions, type IssueFilter } from '../issues/list-issues.ts'

export interface IssueHealth {
  unresolved: number
  newIssues: number
  regressed: number
  escalating: number
}

/** What `is:new`, `is:regressed` and `is:escalating` mean among unresolved issues `i`; new ones wear off. */
export const isNew = (newSince: string): string => `i.substatus = 'new' and i.first_seen >= ${newSince}`
export const IS_REGRESSED = `i.substatus = 'regressed'`
export const IS_ESCALATING = `i.substatus = 'escalating'`

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
  const { bind, values } = binder()
  const conditions = issueConditions(filter, { bind, values })
  const most = bind(bound + 1)
  const count = (...more: string[]) =>
    `(select count(*) from (select from issue i where ${[...conditions, ...more].join(' and ')} limit ${most}) t)`
  const { rows } = await db.query<IssueHealth>(
    `select ${count()} as unresolved, ${count(isNew(bind(newSince)))} as "newIssues",
            ${count(IS_REGRESSED)} as regressed, ${count(IS_ESCALATING)} as escalating`,
    values,
  )
  return rows[0]! // an aggregate always gives a row
}
