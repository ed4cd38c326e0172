// All projects of an organisation side by side: events of the range over time and against the time before, issues seen
// in it, the loudest project first. Three statements, whatever the number of projects.
import type { z } from 'zod'
import { countOrgIssues } from '#server/storage/dashboard/count-org-issues.ts'
import { countOrgVolume } from '#server/storage/dashboard/count-org-volume.ts'
import { listOrgProjects } from '#server/storage/dashboard/list-org-projects.ts'
import { useDatabase } from '#server/storage/database.ts'
import type { OrgOverview, orgOverviewQuery } from '#shared/schemas/stats.ts'
import { parseRange } from '../search/range.ts'
import { bucketsOf } from './buckets.ts'
import { EXACT_ISSUES, newSince } from './health.ts'
import { before } from './volume.ts'

const DEFAULT_RANGE = '24h'
/** Bars of a sparkline are hours at the finest; more projects than this nobody looks at side by side. */
const MOST_PROJECTS = 500

export async function orgOverview(
  organizationId: number,
  query: z.output<typeof orgOverviewQuery>,
): Promise<OrgOverview> {
  const now = new Date()
  const range = parseRange(query, now, DEFAULT_RANGE)
  const buckets = bucketsOf(range, { now, timeZone: query.timezone, finest: '15m' })
  const db = useDatabase().read
  const projects = await listOrgProjects(db, organizationId, MOST_PROJECTS)
  const ids = projects.map(({ id }) => id)
  const [counts, issues] = await Promise.all([
    countOrgVolume(db, ids, { ...buckets, before: before(buckets).from }),
    countOrgIssues(db, ids, range, newSince(now), EXACT_ISSUES),
  ])
  const rows = new Map(
    projects.map(({ id, slug, name }) => [
      id,
      {
        projectId: String(id),
        slug,
        name,
        events: 0,
        previousEvents: 0,
        series: buckets.starts.map(() => 0),
        ...{ unresolved: 0, newIssues: 0, regressed: 0, escalating: 0 },
      },
    ]),
  )
  for (const { projectId, bucket, n } of counts) {
    const row = rows.get(projectId)! // only these were asked for
    if (bucket === null) row.previousEvents += n
    else {
      row.series[bucket]! += n
      row.events += n
    }
  }
  for (const { projectId, ...figures } of issues) Object.assign(rows.get(projectId)!, figures)
  return {
    interval: buckets.interval,
    starts: buckets.starts.map((start) => start.toISOString()),
    projects: [...rows.values()].sort((a, b) => b.events - a.events || (a.slug < b.slug ? -1 : 1)),
  }
}
