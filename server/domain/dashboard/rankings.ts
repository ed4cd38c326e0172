// What made most of a project's events: issues, environments, releases. Whole hours, as the rollups keep them.
import type { z } from 'zod'
import { useDatabase } from '#server/storage/database.ts'
import { listBreakdown } from '#server/storage/dashboard/list-breakdown.ts'
import {
  isRareEnvironment,
  listTopIssues,
  listTopOfLoudest,
} from '#server/storage/dashboard/list-top-issues.ts'
import { levelFromNumber } from '#shared/constants/levels.ts'
import type { Breakdown, statsQuery, topIssue } from '#shared/schemas/stats.ts'
import { shortIdOf, type ProjectRef } from '../issues/short-id.ts'
import { parseRange } from '../search/range.ts'
import { bucketsOf } from './buckets.ts'

const DEFAULT_RANGE = '24h'
const TOP_VALUES = 20
/** (group, hour) pairs that are added up in no time; the loudest of all environments say little about a rare one. */
const FEW_PAIRS = 40_000

type StatsQuery = z.output<typeof statsQuery>

const hoursOf = (query: StatsQuery) => {
  const now = new Date()
  return bucketsOf(parseRange(query, now, DEFAULT_RANGE), { now, timeZone: query.timezone, finest: '1h' })
}

export async function topIssues(
  project: ProjectRef,
  query: StatsQuery & { limit: number },
): Promise<{ data: z.input<typeof topIssue>[]; nextCursor: null }> {
  const { read } = useDatabase()
  const { environment = null, limit } = query
  const hours = hoursOf(query)
  const asked = [read, project.id, hours, environment, limit] as const
  const rare =
    environment !== null && (await isRareEnvironment(read, project.id, hours, environment, FEW_PAIRS))
  const rows = (rare ? null : await listTopOfLoudest(...asked)) ?? (await listTopIssues(...asked))
  const data = rows.map((row) => ({
    ...row,
    shortId: shortIdOf(project.slug, row.id),
    level: levelFromNumber(row.level),
  }))
  return { data, nextCursor: null }
}

export async function breakdown(
  projectId: number,
  query: StatsQuery & { kind: Breakdown['kind'] },
): Promise<Breakdown> {
  const rows = await listBreakdown(useDatabase().read, projectId, query.kind, hoursOf(query), TOP_VALUES)
  return {
    kind: query.kind,
    values: rows.map(({ value, n }) => ({ value, n })),
    total: rows[0]?.total ?? 0,
  }
}
