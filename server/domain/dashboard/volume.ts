// Events of a project over time by level, with the totals of the equally long time before.
import type { z } from 'zod'
import { useDatabase } from '#server/storage/database.ts'
import { countVolume, type LevelCount } from '#server/storage/dashboard/count-volume.ts'
import { LEVELS } from '#shared/constants/levels.ts'
import type { statsQuery, Volume } from '#shared/schemas/stats.ts'
import { parseRange } from '../search/range.ts'
import { bucketsOf, type Buckets } from './buckets.ts'

const DEFAULT_RANGE = '24h'

export async function volume(projectId: number, query: z.output<typeof statsQuery>): Promise<Volume> {
  const now = new Date()
  const buckets = bucketsOf(parseRange(query, now, DEFAULT_RANGE), {
    now,
    timeZone: query.timezone,
    finest: '15m',
  })
  const db = useDatabase().read
  const environment = query.environment ?? null
  const earlier = before(buckets)
  const [rows, earlierRows] = await Promise.all([
    countVolume(db, projectId, buckets, environment),
    countVolume(db, projectId, { ...earlier, starts: [earlier.from] }, environment),
  ])
  const previousCounts = LEVELS.map(() => 0)
  for (const { level, n } of earlierRows) previousCounts[level]! += n
  return {
    interval: buckets.interval,
    since: buckets.from.toISOString(),
    until: buckets.to.toISOString(),
    ...fillBuckets(buckets, rows),
    previousTotal: previousCounts.reduce((sum, n) => sum + n, 0),
    previousCounts,
  }
}

/** Every bar, those without events too, and what they add up to. */
export function fillBuckets(
  { starts }: Pick<Buckets, 'starts'>,
  rows: readonly LevelCount[],
): Pick<Volume, 'buckets' | 'total'> {
  const counts = starts.map(() => LEVELS.map(() => 0))
  for (const { bucket, level, n } of rows) counts[bucket]![level]! += n // both within what was asked for
  const totals = counts.map((levels) => levels.reduce((sum, n) => sum + n, 0))
  return {
    buckets: starts.map((start, i) => ({
      start: start.toISOString(),
      counts: counts[i]!,
      total: totals[i]!,
    })),
    total: totals.reduce((sum, n) => sum + n, 0),
  }
}

/** The range of equal length that ends where this one begins. */
export const before = ({ from, to }: Pick<Buckets, 'from' | 'to'>) => ({
  from: new Date(2 * from.getTime() - to.getTime()),
  to: from,
})
