import type { IssueSort } from '#shared/schemas/issue.ts'
import { binder as newBinder } from '../bind.ts'
import type { Db } from '../database.ts'
import type { Keyset, Place } from '../keyset.ts'
import { ISSUE_COLUMNS, type IssueRecord } from './issue-row.ts'
import { issueConditionsIn, SORT_COLUMNS, type IssueFilter } from './list-issues.ts'

export type OrgIssueRecord = IssueRecord & { projectId: number }

/** Ids of issues differ within a project; across projects the place in a list is (value, project, issue). */
export const orgPlaceId = (projectId: number, issueId: string): string => `${projectId}:${issueId}`

const HIGHEST = (2n ** 63n - 1n).toString()

/**
 * A page of the issues of several projects, nearest first, in one statement: each project gives its nearest rows, at
 * most a page, and the merge keeps the page. Per project it leans on the index of the sort (project_id, status, sort
 * column desc, issue_id desc) as list-issues.ts does, so it costs as many descents as there are projects, whatever is
 * stored. Never a named statement: a generic plan would not know the words.
 */
export async function listOrgIssues(
  db: Db,
  projectIds: readonly number[],
  filter: Omit<IssueFilter, 'projectId'>,
  sort: IssueSort,
  { from, upwards, limit }: Keyset,
): Promise<OrgIssueRecord[]> {
  const { bind, values } = newBinder()
  const { value, valueType } = SORT_COLUMNS[sort]
  const wanted = `unnest(${bind(projectIds)}::int[], ${bind(behind(projectIds, from))}::bigint[]) as wanted (id, behind)`
  const conditions = issueConditionsIn(() => 'wanted.id', filter, { bind, values })
  if (from) {
    conditions.push(
      `(${value}, i.issue_id) ${upwards ? '>' : '<'} (${bind(from.value)}::${valueType}, wanted.behind)`,
    )
  }
  const direction = upwards ? 'asc' : 'desc'
  const most = bind(limit)
  const order = `order by place.value ${direction}, place.project_id ${direction}, place.issue_id ${direction}`
  const { rows } = await db.query<OrgIssueRecord>(
    `select i.project_id as "projectId", ${ISSUE_COLUMNS}
     from (
       select place.* from ${wanted}
       cross join lateral (
         select i.project_id, i.issue_id, ${value} as value from issue i
         where ${conditions.join(' and ')}
         order by ${value} ${direction}, i.issue_id ${direction} limit ${most}
       ) place
       ${order} limit ${most}
     ) place
     join issue i on i.project_id = place.project_id and i.issue_id = place.issue_id
     left join "user" u on u.id = i.assignee_id
     ${order}`,
    values,
  )
  return rows
}

/**
 * Where each project's rows begin among those with the same value as the place: all of them in projects that come after
 * its own, none in those before. A bound for each, so that every project can be entered by its index.
 */
function behind(projectIds: readonly number[], from: Place | null): string[] {
  const [project = 0, issue = '0'] = from ? [Number(from.id.split(':')[0]), from.id.split(':')[1]] : []
  return projectIds.map((id) => (id === project ? issue : id < project ? HIGHEST : '0'))
}
