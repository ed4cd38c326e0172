// An issue's events over time, from the hourly rollup: hours up to a week, days in the reader's zone beyond.
// Where a zone's day does not begin with an hour of UTC, the hour that contains midnight counts to the day before it.
import type { z } from 'zod'
import { useDatabase } from '#server/storage/database.ts'
import { countTimeline } from '#server/storage/issues/count-timeline.ts'
import type { statsQuery, Timeline } from '#shared/schemas/stats.ts'
import { bucketsOf } from '../dashboard/buckets.ts'
import { parseRange } from '../search/range.ts'
import { needIssueOrTarget } from './get-issue.ts'
import { findEscalationLimit } from './issue-view.ts'
import type { ProjectRef } from './short-id.ts'

export async function issueTimeline(
  project: ProjectRef,
  reference: string,
  query: z.output<typeof statsQuery>,
): Promise<Timeline> {
  const db = useDatabase().read
  const issue = await needIssueOrTarget(db, project, reference)
  const now = new Date()
  const buckets = bucketsOf(parseRange(query, now, '24h'), { now, timeZone: query.timezone, finest: '1h' })
  const counts = await countTimeline(db, project.id, issue.id, buckets, query.environment ?? null)
  const n = new Array<number>(buckets.starts.length).fill(0)
  for (const row of counts) n[row.bucket] = row.n
  return {
    interval: buckets.interval === '1d' ? '1d' : '1h',
    buckets: buckets.starts.map((start, i) => ({ start: start.toISOString(), n: n[i]! })),
    total: n.reduce((sum, count) => sum + count, 0),
    escalationLimit: await findEscalationLimit(db, project.id, issue),
  }
}
