// Projects and their DSN keys.
import { z } from 'zod'
import { DEFAULT_RETENTION_DAYS, MAX_RATE_LIMIT_PER_MINUTE } from '../constants/limits.ts'
import { decimalId, instant } from './list.ts'
import { slug } from './org.ts'
import { origins } from './origin.ts'

export const projectName = z.string().trim().min(1, { error: 'Give it a name.' }).max(80)
export const platformId = z
  .string()
  .trim()
  .min(1)
  .max(40)
  .regex(/^[a-z0-9-]+$/)

export const createProject = z.object({
  name: projectName,
  platform: platformId.default('other'),
  slug: slug.optional(),
})

export const retentionDays = z.union([z.literal(30), z.literal(60), z.literal(90)])
export const MAX_SCRUB_FIELDS = 100
export const scrubField = z
  .string()
  .trim()
  .min(1, { error: 'Give it a name.' })
  .max(100, { error: 'Use at most 100 characters.' })
  // Keys are compared word by word, and words are made of these.
  .regex(/[a-z]/i, { error: 'Use at least one letter from a to z.' })
const scrubFields = z
  .array(scrubField)
  .max(MAX_SCRUB_FIELDS, { error: `Use at most ${MAX_SCRUB_FIELDS} names.` })
export const scrubSettings = z.object({
  /** Off: nothing is filtered, the project's own fields neither. */
  enabled: z.boolean().default(true),
  /** More field names whose values are filtered, found as words in a row: `salary` finds `yearlySalary`. */
  extraFields: scrubFields.default([]),
  /** Names that are never filtered, compared whole: `session_id` frees `sessionId`, not `user_session_id`. */
  safeFields: scrubFields.default([]),
  dropIpAddresses: z.boolean().default(false),
})
export type ScrubSettings = z.infer<typeof scrubSettings>

const eventsPerMinute = z
  .int({ error: 'Write a whole number.' })
  .max(MAX_RATE_LIMIT_PER_MINUTE, { error: 'Ten million at most: write 0 for no limit.' })
/** Of a whole project; 0: no limit. */
export const projectRateLimit = eventsPerMinute.min(0, { error: 'Write 0 or more.' })
/** New groups a project may make in an hour of the clock; 0: no limit. */
export const newIssuesPerHour = z
  .int({ error: 'Write a whole number.' })
  .min(0, { error: 'Write 0 or more.' })
  .max(1_000_000, { error: 'A million at most: write 0 for no limit.' })
/** Of one key; null: none of its own. */
export const keyRateLimit = eventsPerMinute.min(1, { error: 'Write 1 or more, or nothing.' }).nullable()
/** Share of events that is stored; every event is counted. */
export const sampleRate = z
  .number({ error: 'Give a share from 0 to 1.' })
  .min(0, { error: 'The least is 0.' })
  .max(1, { error: 'The most is 1.' })

export const updateProject = z.object({
  name: projectName.optional(),
  platform: platformId.optional(),
  rateLimitPerMinute: projectRateLimit.optional(),
  newIssuesPerHour: newIssuesPerHour.optional(),
  sampleRate: sampleRate.optional(),
  /** Counts from the next UTC day: see `GET /projects/{project}/storage` for what it would do. */
  retentionDays: retentionDays.optional(),
  /** What is absent stays as it is. */
  scrub: z
    .object({
      enabled: z.boolean(),
      extraFields: scrubFields,
      safeFields: scrubFields,
      dropIpAddresses: z.boolean(),
    })
    .partial()
    .optional(),
})

export const project = z.object({
  id: decimalId,
  orgSlug: z.string(),
  slug: z.string(),
  name: z.string(),
  platform: z.string(),
  /** Of the oldest active key; null when every key is disabled. */
  dsn: z.string().nullable(),
  /** As set; a change counts from the next UTC day. */
  retentionDays: retentionDays.default(DEFAULT_RETENTION_DAYS),
  /** Events received before this UTC day were removed. */
  keptSince: z.iso.date(),
  /** Events a minute in all; 0: no limit. */
  rateLimitPerMinute: z.number().int(),
  newIssuesPerHour: z.number().int(),
  sampleRate,
  /** Null until the first event has arrived and been folded (≤ 2 s). */
  firstEventAt: instant.nullable(),
  createdAt: instant,
})
export type Project = z.infer<typeof project>

/** One project with all of its settings; lists do without the long ones. */
export const projectDetail = project.extend({ scrub: scrubSettings })
export type ProjectDetail = z.infer<typeof projectDetail>

/** A row of the project list: with what the overview of an organisation needs. */
export const projectRow = project.extend({
  /** Events of the last 24 UTC hours, the running one included, oldest first: the sparkline. */
  hourly: z.array(z.number().int()).length(24),
  /** Exact to 1,000; 1,001 means more. */
  unresolvedCount: z.number().int(),
})
export type ProjectRow = z.infer<typeof projectRow>

export const projectKey = z.object({
  id: decimalId,
  publicKey: z.string(),
  dsn: z.string(),
  label: z.string(),
  active: z.boolean(),
  /** Origins of browsers that may use it; empty: from everywhere. */
  allowedOrigins: z.array(z.string()),
  /** Events a minute with this key, within the project's limit; null: no limit of its own. */
  rateLimitPerMinute: z.number().int().nullable(),
  createdAt: instant,
  /** At most a minute late; null: never. */
  lastUsedAt: instant.nullable(),
})
export type ProjectKey = z.infer<typeof projectKey>
export const keyLabel = z.string().trim().min(1, { error: 'Give it a label.' }).max(64)
export const createKey = z.object({ label: keyLabel.default('Default') })
export const updateKey = z.object({
  label: keyLabel.optional(),
  active: z.boolean().optional(),
  allowedOrigins: origins.optional(),
  rateLimitPerMinute: keyRateLimit.optional(),
})
