import type { IssueSort, IssueStatus } from '#shared/schemas/issue.ts'
import { binder as newBinder, type Binder } from '../bind.ts'
import type { Db } from '../database.ts'
import { keysetSql, type Keyset, type KeysetColumns, type Place } from '../keyset.ts'
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

export interface Looked {
  /** Nearest first. */
  rows: IssueRecord[]
  /** The last issue that was looked at, when there may be fitting ones behind it. */
  reached: Place | null
}

/**
 * The same among the next `depth` issues of the list's state only: for filters that may fit hardly any, it costs the
 * same whatever is stored. It stops when the page is full. One statement, so that what moves up meanwhile is not missed.
 */
export async function listNearestIssues(
  db: Db,
  filter: IssueFilter,
  sort: IssueSort,
  keyset: Keyset,
  depth: number,
): Promise<Looked> {
  const { bind, values } = newBinder()
  const columns = { ...SORT_COLUMNS[sort], id: 'i.issue_id', idType: 'bigint' } as const
  const state = `i.project_id = ${bind(filter.projectId)} and i.status = ${bind(filter.status)}${endOfRange(filter, sort, bind)}`
  const { condition, order } = keysetSql({ ...keyset, limit: depth }, columns, { bind, values })
  const page = keysetSql({ ...keyset, from: null }, columns, { bind, values }).order
  const { rows } = await db.query<IssueRecord & { edgeValue: Date | number | null; edgeId: number | null }>(
    `with page as materialized (
       select ${ISSUE_COLUMNS}, row_number() over (${order.replace(/ limit .*/, '')}) as place
       from (select * from issue i where ${state} and ${condition} ${order}) i
       left join "user" u on u.id = i.assignee_id
       where ${issueConditions(filter, { bind, values }).join(' and ')}
       ${page}
     ), edge as materialized (
       select ${columns.value} as value, i.issue_id from issue i
       where (select count(*) from page) < ${bind(keyset.limit)} and ${state} and ${condition}
       ${order.replace(/ limit .*/, '')} offset ${bind(depth - 1)} limit 1
     )
     select page.*, edge.value as "edgeValue", edge.issue_id as "edgeId"
     from (select) one left join edge on true left join page on true order by page.place`,
    values,
  )
  const { edgeValue = null, edgeId = null } = rows[0] ?? {}
  return {
    rows: rows.filter(({ id }) => id !== null),
    reached:
      edgeValue === null
        ? null
        : { value: edgeValue instanceof Date ? edgeValue.toISOString() : edgeValue, id: String(edgeId) },
  }
}

/** Where the order is that of the range, its end is the end of the list. */
const endOfRange = ({ status, since }: IssueFilter, sort: IssueSort, bind: Binder['bind']): string =>
  sort === 'lastSeen' && status === 'unresolved' && since ? ` and i.last_seen >= ${bind(since)}` : ''

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

/**
 * Per candidate a look into event_group_issue_idx and the primary key of rollup_group_hour, stopping at the first.
 * `offset 0` keeps it that: made a join of, all hours of the range were read for each page (measured: 900 ms). So does
 * the empty text behind the environment, whose own index would read all its hours for each candidate.
 */
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
      and r.environment || '' = ${bind(environment)}
      ${filter.since ? `and r.bucket >= date_trunc('hour', ${bind(filter.since)}::timestamptz, 'UTC')` : ''}
    offset 0)`
}

/** Leans on event_group's primary key, once. A list of ids in place of the join would be searched through per issue. */
const holdsOneOf = (groups: readonly string[], project: () => string, bind: Binder['bind']): string =>
  `i.issue_id in (select issue_id from event_group
     where project_id = ${project()} and group_id = any(${bind(groups)}::bigint[]))`
