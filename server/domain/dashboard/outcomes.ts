// The verdicts about everything a project received in a range, those without any included as 0.
import type { z } from 'zod'
import { useDatabase } from '#server/storage/database.ts'
import { countOutcomes } from '#server/storage/dashboard/count-outcomes.ts'
import { OUTCOMES, type outcomes as outcomesSchema, type statsQuery } from '#shared/schemas/stats.ts'
import { parseRange } from '../search/range.ts'
import { bucketsOf } from './buckets.ts'

export async function outcomes(
  projectId: number,
  query: z.output<typeof statsQuery>,
): Promise<z.output<typeof outcomesSchema>> {
  const now = new Date()
  const range = bucketsOf(parseRange(query, now, '24h'), { now, timeZone: query.timezone, finest: '15m' })
  const counts = new Map<number, number>()
  for (const { outcome, n } of await countOutcomes(useDatabase().read, projectId, range))
    counts.set(outcome, n)
  const entries = OUTCOMES.map((name, id) => [name, counts.get(id) ?? 0] as const)
  return { totals: Object.fromEntries(entries) as Record<(typeof OUTCOMES)[number], number> } // every name is in it
}
