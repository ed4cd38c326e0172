// A page of the issues of all projects of an organisation, or of some of them, with their sparklines: a constant number
// of statements, whatever the number of projects, issues or events.
import type { z } from 'zod'
import { listOrgProjects, type OrgProject } from '#server/storage/dashboard/list-org-projects.ts'
import { useDatabase } from '#server/storage/database.ts'
import { countOrgIssueHours } from '#server/storage/issues/count-issue-hours.ts'
import {
  listOrgIssues as listOrgIssueRecords,
  orgPlaceId,
  type OrgIssueRecord,
} from '#server/storage/issues/list-org-issues.ts'
import { MOST_PROJECTS_LISTED } from '#shared/constants/issue.ts'
import type { listOrgIssuesQuery, OrgIssueRow } from '#shared/schemas/issue.ts'
import { DomainError } from '../errors.ts'
import { readPage, type Page } from '../search/page.ts'
import { groupsInProjects } from './groups-with.ts'
import { conditionsOf } from './issue-filter.ts'
import { issueView } from './issue-view.ts'
import { hoursBy, inTime, SORT_VALUES, sparklineRange } from './list-issues.ts'

/** Far more than anybody has: a choice may name any. */
const MOST_KNOWN = 10_000

export async function listOrgIssues(
  organizationId: number,
  query: z.output<typeof listOrgIssuesQuery>,
  /** Who asks: `assignee=me`, `assigned:me`. */
  actorId: string,
): Promise<Page<OrgIssueRow>> {
  const { cursor, limit, sort, project: names, ...words } = query
  const projects = new Map(
    (await projectsNamed(organizationId, names)).map((project) => [project.id, project]),
  )
  const ids = [...projects.keys()]
  let searchedBackTo: string | null = null
  const page = await readPage({
    scope: {
      list: 'org-issues',
      project: 0,
      org: organizationId,
      projects: names && JSON.stringify(names),
      sort,
      ...words,
      actor: words.assignee === 'me' || words.query ? actorId : undefined,
    },
    cursor,
    limit,
    placeOf: (issue: OrgIssueRecord) => ({
      value: SORT_VALUES[sort](issue),
      id: orgPlaceId(issue.projectId, issue.id),
    }),
    read: (keyset, now) =>
      inTime(words.query, async (db) => {
        const { conditions, events } = conditionsOf(words, actorId, now)
        const found = events && (await groupsInProjects(db, ids, conditions, events, now))
        searchedBackTo = found?.backTo?.toISOString() ?? null
        return listOrgIssueRecords(db, ids, { ...conditions, groups: found?.groups ?? null }, sort, keyset)
      }),
  })
  const hourly = await sparklines(page.data, words.environment ?? null)
  return {
    ...page,
    data: page.data.map(({ projectId, ...record }) => {
      const { id, slug, name } = projects.get(projectId)! // only these were asked for
      const project = { id: String(id), slug, name }
      return { ...issueView({ id, slug }, record), hourly: hourly(orgPlaceId(id, record.id)), project }
    }),
    searchedBackTo,
  }
}

/** @throws DomainError not_found for a name that is no project's of this organisation */
export async function projectsNamed(
  organizationId: number,
  names: readonly string[] | undefined,
): Promise<OrgProject[]> {
  const all = await listOrgProjects(
    useDatabase().read,
    organizationId,
    names ? MOST_KNOWN : MOST_PROJECTS_LISTED,
  )
  if (!names) return all
  const wanted = new Set(names)
  const chosen = all.filter(({ id, slug }) => wanted.has(slug) || wanted.has(String(id)))
  const known = new Set(chosen.flatMap(({ id, slug }) => [slug, String(id)]))
  if (names.some((name) => !known.has(name))) throw new DomainError('not_found')
  return chosen.slice(0, MOST_PROJECTS_LISTED)
}
async function sparklines(issues: readonly OrgIssueRecord[], environment: string | null) {
  const range = sparklineRange()
  if (issues.length === 0) return hoursBy([], range)
  const rows = await countOrgIssueHours(useDatabase().read, issues, range, environment)
  return hoursBy(
    rows.map((row) => ({ ...row, key: orgPlaceId(row.projectId, row.issueId) })),
    range,
  )
}
