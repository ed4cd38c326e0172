// An issue's events over time, from the hourly rollup: hours up to a week, days in the reader's zone beyond.
// With it the project's releases that had their first event in the range: what was rolled out when it began.
// Where a zone's day does not begin with an hour of UTC, the hour that contains midnight counts to the day before it.
import type { z } from 'zod'
import { listFirstReleases } from '#server/storage/dashboard/list-first-releases.ts'
import { useDatabase } from '#server/storage/database.ts'
import { countTimeline } from '#server/storage/issues/count-timeline.ts'
import type { statsQuery, Timeline } from '#shared/schemas/stats.ts'
import { bucketsOf } from '../dashboard/buckets.ts'
import { parseRange } from '../search/range.ts'
import { needIssueOrTarget } from './get-issue.ts'
import { findEscalationLimit } from './issue-view.ts'
import type { ProjectRef } from './short-id.ts'

/** A release that was quiet for so long is taken for new when it comes back. */
const RELEASE_LOOK_BACK_MS = 7 * 86_400_000
const MOST_RELEASES = 20

export async function issueTimeline(
  project: ProjectRef,
  reference: string,
  query: z.output<typeof statsQuery>,
): Promise<Timeline> {
  const db = useDatabase().read
  const issue = await needIssueOrTarget(db, project, reference)
  const now = new Date()
  const buckets = bucketsOf(parseRange(query, now, '24h'), { now, timeZone: query.timezone, finest: '1h' })
  const { from, to } = buckets
  const lookBack = new Date(from.getTime() - RELEASE_LOOK_BACK_MS)
  const [counts, releases, escalationLimit] = await Promise.all([
    countTimeline(db, project.id, issue.id, buckets, query.environment ?? null),
    listFirstReleases(db, project.id, { lookBack, from, to }, MOST_RELEASES),
    findEscalationLimit(db, project.id, issue),
  ])
  const n = new Array<number>(buckets.starts.length).fill(0)
  for (const row of counts) n[row.bucket] = row.n
  return {
    interval: buckets.interval === '1d' ? '1d' : '1h',
    buckets: buckets.starts.map((start, i) => ({ start: start.toISOString(), n: n[i]! })),
    total: n.reduce((sum, count) => sum + count, 0),
    escalationLimit,
    releases: releases.toReversed().map(({ release, at }) => ({ release, at: at.toISOString() })),
  }
}
