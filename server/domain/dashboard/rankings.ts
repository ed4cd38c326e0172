// What made most of a project's events: issues, environments, releases. Whole hours, as the rollups keep them.
import type { z } from 'zod'
import { useDatabase } from '#server/storage/database.ts'
import { listBreakdown } from '#server/storage/dashboard/list-breakdown.ts'
import { listTopIssues, listTopOfLoudest } from '#server/storage/dashboard/list-top-issues.ts'
import { levelFromNumber } from '#shared/constants/levels.ts'
import type { Breakdown, statsQuery, topIssue } from '#shared/schemas/stats.ts'
import { shortIdOf, type ProjectRef } from '../issues/short-id.ts'
import { parseRange } from '../search/range.ts'
import { bucketsOf } from './buckets.ts'

const DEFAULT_RANGE = '24h'
const TOP_VALUES = 20

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
  const asked = [read, project.id, hoursOf(query), query.environment ?? null, query.limit] as const
  const rows = (await listTopOfLoudest(...asked)) ?? (await listTopIssues(...asked))
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
