// What became of everything a project received, per bucket and in all, and what its SDKs say they never sent. Minutes up
// to two hours, then as the other charts: quarters, hours, days of the reader's zone; zero-filled.
import type { z } from 'zod'
import { listClientReports } from '#server/storage/client-reports/list-client-reports.ts'
import { countOutcomes } from '#server/storage/dashboard/count-outcomes.ts'
import { useDatabase } from '#server/storage/database.ts'
import { OUTCOMES } from '#shared/constants/outcomes.ts'
import type { Outcome, Outcomes, statsQuery } from '#shared/schemas/stats.ts'
import { parseRange } from '../search/range.ts'
import { bucketsOf } from './buckets.ts'

const DEFAULT_RANGE = '24h'
/** A project has at most some fifty pairs a day; a month of inventive ones would not be read to its end. */
const TOP_REPORTS = 100

export async function outcomes(projectId: number, query: z.output<typeof statsQuery>): Promise<Outcomes> {
  const now = new Date()
  const buckets = bucketsOf(parseRange(query, now, DEFAULT_RANGE), {
    now,
    timeZone: query.timezone,
    finest: '1m',
  })
  const db = useDatabase().read
  const [rows, reported] = await Promise.all([
    countOutcomes(db, projectId, buckets),
    listClientReports(db, projectId, buckets, TOP_REPORTS),
  ])
  const counts = buckets.starts.map(() => OUTCOMES.map(() => 0))
  const totals = OUTCOMES.map(() => 0)
  for (const { bucket, outcome, n } of rows) {
    counts[bucket]![outcome]! += n // both within what was asked for
    totals[outcome]! += n
  }
  const sum = (list: readonly number[]) => list.reduce((all, n) => all + n, 0)
  return {
    interval: buckets.interval,
    since: buckets.from.toISOString(),
    until: buckets.to.toISOString(),
    buckets: buckets.starts.map((start, i) => ({
      start: start.toISOString(),
      counts: counts[i]!,
      total: sum(counts[i]!),
    })),
    totals: Object.fromEntries(OUTCOMES.map((name, id) => [name, totals[id]!])) as Record<Outcome, number>, // every name is in it
    total: sum(totals),
    reportedBySdks: reported,
  }
}
