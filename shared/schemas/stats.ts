// Counts over time: always zero-filled, so that a chart never has to guess.
import { z } from 'zod'
import { OUTCOMES } from '../constants/outcomes.ts'
import { level } from './event.ts'
import { instant, nameInAddress, rangeQuery } from './list.ts'

export const statsQuery = rangeQuery.extend({
  environment: nameInAddress(64).optional(),
  /** IANA zone for day buckets; UTC when absent. */
  timezone: z.string().max(64).optional(),
})

export const volume = z.object({
  interval: z.enum(['15m', '1h', '1d']),
  since: instant,
  until: instant,
  /** One row per bucket, oldest first; `counts` follows LEVELS (debug, info, warning, error, fatal). */
  buckets: z.array(
    z.object({ start: instant, counts: z.array(z.number().int()).length(5), total: z.number().int() }),
  ),
  total: z.number().int(),
  /** Total of the range of equal length before. */
  previousTotal: z.number().int(),
  /** The same by level, in the order of `counts`. */
  previousCounts: z.array(z.number().int()).length(5),
})
export type Volume = z.infer<typeof volume>

/** `GET …/issues/{i}/timeline`: the issue's events per bucket. */
export const timeline = z.object({
  interval: z.enum(['1h', '1d']),
  buckets: z.array(z.object({ start: instant, n: z.number().int() })),
  total: z.number().int(),
  /** Archived until it escalates: the limit of events in one hour (not of a day), over all environments. */
  escalationLimit: z.number().int().nullable(),
  /** Releases of the project whose first event lies in the range, oldest first; `at` is its hour. At most 20. */
  releases: z.array(z.object({ release: z.string(), at: instant })),
})
export type Timeline = z.infer<typeof timeline>

/** Unresolved issues seen in the range, as the list shows them; exact to 1,000, 1,001 means more. */
const issueFigures = {
  unresolved: z.number().int(),
  /** First seen in the last seven days. */
  newIssues: z.number().int(),
  regressed: z.number().int(),
  escalating: z.number().int(),
}

/** Users: by the UTC day they were last seen. */
export const health = z.object({
  ...issueFigures,
  events: z.number().int(),
  previousEvents: z.number().int(),
  usersAffected: z.number().int(),
})
export type Health = z.infer<typeof health>

export const topIssuesQuery = statsQuery.extend({ limit: z.coerce.number().int().min(1).max(20).default(5) })
export const topIssue = z.object({
  id: z.string(),
  shortId: z.string(),
  title: z.string(),
  culprit: z.string().nullable(),
  level,
  n: z.number().int(),
})
export const breakdownQuery = statsQuery.extend({ kind: z.enum(['environment', 'release']) })
export const breakdown = z.object({
  kind: z.enum(['environment', 'release']),
  values: z.array(z.object({ value: z.string(), n: z.number().int() })),
  total: z.number().int(),
})
export type Breakdown = z.infer<typeof breakdown>

export const tagStatsQuery = statsQuery.extend({ key: nameInAddress(200).min(1).optional() })
export const tagStats = z.object({
  /** The commonest first; `n` counts events by their weight. */
  facets: z.array(
    z.object({ key: z.string(), values: z.array(z.object({ value: z.string(), n: z.number().int() })) }),
  ),
  /** What the events looked at stand for, with or without tags. */
  total: z.number().int(),
  /** Stored events looked at, in all environments. */
  looked: z.number().int(),
  /** Null: all of the range. */
  lookedBackTo: instant.nullable(),
})
export type TagStats = z.infer<typeof tagStats>

export const orgOverviewQuery = statsQuery.omit({ environment: true })
export const orgOverview = z.object({
  interval: z.enum(['15m', '1h', '1d']),
  /** Where the bars of each `series` begin. */
  starts: z.array(instant),
  projects: z.array(
    z.object({
      projectId: z.string(),
      slug: z.string(),
      name: z.string(),
      events: z.number().int(),
      previousEvents: z.number().int(),
      series: z.array(z.number().int()),
      ...issueFigures,
    }),
  ),
})
export type OrgOverview = z.infer<typeof orgOverview>
export type OrgOverviewProject = OrgOverview['projects'][number]

export type Outcome = (typeof OUTCOMES)[number]

/** What an SDK says it dropped itself (`client_report`): not one of our verdicts, and not in their counts. */
export const sdkReport = z.object({ reason: z.string(), category: z.string(), n: z.number().int() })
export type SdkReport = z.infer<typeof sdkReport>

export const outcomes = z.object({
  interval: z.enum(['1m', '15m', '1h', '1d']),
  since: instant,
  until: instant,
  /** One row per bucket, oldest first; `counts` follows the order of `totals`. */
  buckets: z.array(
    z.object({
      start: instant,
      counts: z.array(z.number().int()).length(OUTCOMES.length),
      total: z.number().int(),
    }),
  ),
  totals: z.record(z.enum(OUTCOMES), z.number().int()),
  total: z.number().int(),
  /** Most first; SDKs send these now and then, so they come late and only from programs that still run. */
  reportedBySdks: z.array(sdkReport),
})
export type Outcomes = z.infer<typeof outcomes>
