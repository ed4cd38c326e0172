// How the tags of a range are distributed, from its newest stored events; a sampled one stands for as many as its weight
// says. The answer says how many were looked at, and how far back.
import type { z } from 'zod'
import { listTagValues } from '#server/storage/dashboard/list-tag-values.ts'
import { useDatabase } from '#server/storage/database.ts'
import type { TagStats, tagStatsQuery } from '#shared/schemas/stats.ts'
import { expiriesOf } from '../retention/expiry.ts'
import { parseRange } from '../search/range.ts'
import { bucketsOf } from './buckets.ts'

const DEFAULT_RANGE = '24h'
/** Some 15 ms: a share of one in a hundred is found within half of itself. */
export const TAG_BOUNDS = { sample: 2_500, keys: 20, valuesPerKey: 20 }

export async function tagStats(
  projectId: number,
  query: z.output<typeof tagStatsQuery>,
  bounds = TAG_BOUNDS,
): Promise<TagStats> {
  const now = new Date()
  const { from, to } = bucketsOf(parseRange(query, now, DEFAULT_RANGE), {
    now,
    timeZone: query.timezone,
    finest: '15m',
  })
  const found = await listTagValues(useDatabase().read, {
    projectId,
    expiries: expiriesOf({ since: from, until: to }, now),
    from,
    to,
    environment: query.environment ?? null,
    key: query.key ?? null,
    ...bounds,
  })
  const facets = new Map<string, TagStats['facets'][number]>()
  for (const { key, value, n } of found.values) {
    const facet = facets.get(key) ?? { key, values: [] }
    facet.values.push({ value, n })
    facets.set(key, facet)
  }
  return {
    facets: [...facets.values()],
    total: found.total,
    looked: found.looked,
    lookedBackTo: found.looked < bounds.sample ? null : (found.oldest?.toISOString() ?? null),
  }
}
