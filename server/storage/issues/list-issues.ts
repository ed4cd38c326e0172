import type { IssueSort, IssueStatus } from '#shared/schemas/issue.ts'
import { binder as newBinder, type Binder } from '../bind.ts'
import type { Db } from '../database.ts'
import { keysetSql, type Keyset, type KeysetColumns } from '../keyset.ts'
import { ISSUE_COLUMNS, type IssueRecord } from './issue-row.ts'
import { issueTermsSql, type IssueTerm } from './issue-terms.ts'

export interface IssueFilter {
  projectId: number
  status: IssueStatus
  level: number | null
  environment: string | null
  /** tsquery as text, made by domain/search/text-query.ts. */
  text: string | null
  since: Date | null
  until: Date | null
  /** Id of a user, `none` for nobody's, null for anybody's. */
  assignee: string | null
  /** Seen in each of these, beside `environment`. */
  environments?: readonly string[]
  /** The other terms of a search. */
  terms?: readonly IssueTerm[]
  /** Only issues that hold one of these groups. */
  groups?: readonly string[] | null
}

/** The sort column, which is the third of an index (project_id, status, …, issue_id). */
export const SORT_COLUMNS = {
  lastSeen: { value: 'i.last_seen', valueType: 'timestamptz' },
  firstSeen: { value: 'i.first_seen', valueType: 'timestamptz' },
  events: { value: 'i.event_count', valueType: 'bigint' },
  users: { value: 'i.user_count', valueType: 'bigint' },
} as const satisfies Record<IssueSort, Pick<KeysetColumns, 'value' | 'valueType'>>

/**
 * A page of issues, nearest first. Leans on issue_last_seen_idx, issue_first_seen_idx, issue_event_count_idx or
 * issue_user_count_idx (project_id, status, sort column desc, issue_id desc): read in order, filters on the way. Words
 * that are rare are found by issue_search_idx first; PostgreSQL's statistics decide. Never a named statement: a
 * generic plan would not know the words.
 */
export async function listIssues(
  db: Db,
  filter: IssueFilter,
  sort: IssueSort,
  keyset: Keyset,
): Promise<IssueRecord[]> {
  const { bind, values } = newBinder()
  const columns = { ...SORT_COLUMNS[sort], id: 'i.issue_id', idType: 'bigint' } as const
  const conditions = issueConditions(filter, { bind, values })
  const { condition, order } = keysetSql(keyset, columns, { bind, values })
  const { rows } = await db.query<IssueRecord>(
    `select ${ISSUE_COLUMNS}
     from issue i left join "user" u on u.id = i.assignee_id
     where ${conditions.join(' and ')} and ${condition}
     ${order}`,
    values,
  )
  return rows
}

/** Which issues the filter means, for `from issue i`: what is listed, and what is changed at once. */
export const issueConditions = (filter: IssueFilter, binder: Binder): string[] =>
  issueConditionsIn(() => binder.bind(filter.projectId), filter, binder)

/** The same in whatever project: `project` is written by us, a placeholder or a column. */
export function issueConditionsIn(
  project: () => string,
  filter: Omit<IssueFilter, 'projectId'>,
  binder: Binder,
): string[] {
  const { bind } = binder
  const conditions = [`i.project_id = ${project()}`, `i.status = ${bind(filter.status)}`]
  if (filter.level !== null) conditions.push(`i.level = ${bind(filter.level)}`)
  if (filter.assignee === 'none') conditions.push('i.assignee_id is null')
  else if (filter.assignee !== null) conditions.push(`i.assignee_id = ${bind(filter.assignee)}`)
  if (filter.text !== null) conditions.push(`i.search @@ ${bind(filter.text)}::tsquery`)
  conditions.push(...rangeConditions(filter, bind))
  for (const name of new Set([filter.environment, ...(filter.environments ?? [])])) {
    if (name !== null) conditions.push(seenInEnvironment(project, filter, name, bind))
  }
  conditions.push(...issueTermsSql(filter.terms ?? [], project, binder))
  if (filter.groups) conditions.push(holdsOneOf(filter.groups, project, bind))
  return conditions
}

/** Unresolved: seen in the range. Resolved: resolved in it. Archived issues are quiet by intent, so any age is shown. */
function rangeConditions(
  { status, since, until }: Pick<IssueFilter, 'status' | 'since' | 'until'>,
  bind: Binder['bind'],
): string[] {
  if (status === 'archived') return []
  const [from, to] =
    status === 'resolved' ? ['i.resolved_at', 'i.resolved_at'] : ['i.last_seen', 'i.first_seen']
  return [since ? `${from} >= ${bind(since)}` : '', until ? `${to} <= ${bind(until)}` : ''].filter(Boolean)
}

/** Per candidate a look into event_group_issue_idx and the primary key of rollup_group_hour, stopping at the first. */
function seenInEnvironment(
  project: () => string,
  filter: Pick<IssueFilter, 'since'>,
  environment: string,
  bind: Binder['bind'],
): string {
  return `exists (
    select from event_group g
    join rollup_group_hour r on r.project_id = g.project_id and r.group_id = g.group_id
    where g.project_id = ${project()} and g.issue_id = i.issue_id
      and r.environment = ${bind(environment)}
      ${filter.since ? `and r.bucket >= date_trunc('hour', ${bind(filter.since)}::timestamptz, 'UTC')` : ''})`
}

/** Leans on event_group's primary key, once. */
const holdsOneOf = (groups: readonly string[], project: () => string, bind: Binder['bind']): string =>
  `i.issue_id = any(array(select issue_id from event_group
     where project_id = ${project()} and group_id = any(${bind(groups)}::bigint[])))`
