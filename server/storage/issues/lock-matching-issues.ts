import { binder } from '../bind.ts'
import type { Db } from '../database.ts'
import { STATE_COLUMNS, type HeldIssue } from './issue-state.ts'
import { issueConditions, type IssueFilter } from './list-issues.ts'

/** The newest issue there is: a walk by id that ends here ends, however many are made meanwhile. */
export async function findHighestIssueId(db: Db, projectId: number): Promise<string> {
  const { rows } = await db.query<{ id: string }>(
    `select coalesce(max(issue_id), 0)::text as id from issue where project_id = $1`,
    [projectId],
  )
  return rows[0]!.id // an aggregate always gives a row
}

/** How many match, counted up to a bound. Leans on what the list leans on. */
export async function countMatchingIssues(db: Db, filter: IssueFilter, bound: number): Promise<number> {
  const { bind, values } = binder()
  const { rows } = await db.query<{ n: number }>(
    `select count(*) as n from (
       select from issue i where ${issueConditions(filter, { bind, values }).join(' and ')} limit ${bind(bound)}) t`,
    values,
  )
  return rows[0]!.n // an aggregate always gives a row
}

/**
 * Holds the next issues that match, by id: changing what they are sorted by or filtered by makes the walk neither skip
 * nor repeat one. What stopped matching while we waited for its row is left out. Never a named statement, as the list.
 * Leans on issue's primary key, read in its order, or on issue_search_idx for rare words.
 */
export async function lockMatchingIssues(
  db: Db,
  filter: IssueFilter,
  range: { after: string; upTo: string },
  limit: number,
): Promise<HeldIssue[]> {
  const { bind, values } = binder()
  const { rows } = await db.query<HeldIssue>(
    `select ${STATE_COLUMNS} from issue i
     where ${issueConditions(filter, { bind, values }).join(' and ')}
       and i.issue_id > ${bind(range.after)}::bigint and i.issue_id <= ${bind(range.upTo)}::bigint
     order by i.issue_id limit ${bind(limit)}
     for no key update of i`,
    values,
  )
  return rows
}
