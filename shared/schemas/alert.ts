// Alert rules, and the alerts they fire (design §8): what the management API takes and gives.
import { z } from 'zod'
import { level } from './event.ts'
import { decimalId, instant, nameInAddress, pageOf, pageQuery } from './list.ts'

export const MAX_WEBHOOKS_OF_RULE = 5
export const DEFAULT_COOLDOWN_MINUTES = 30
export const MAX_WINDOW_MINUTES = 1_440
/** Users of a window are told apart one by one. */
export const MAX_USERS_WINDOW_MINUTES = 60
const MAX_COUNT = 10_000_000

const wholeMinutes = (most: number, tooMany: string) =>
  z
    .int({ error: 'Write a whole number of minutes.' })
    .min(1, { error: 'A minute is the least.' })
    .max(most, { error: tooMany })
const counting = {
  /** More than so many; by events, sampled-out ones included. */
  count: z
    .int({ error: 'Write a whole number.' })
    .min(0, { error: 'Write 0 or more.' })
    .max(MAX_COUNT, { error: 'Write at most 10,000,000.' }),
  /** Of one issue, or of all of the project together. */
  per: z.enum(['issue', 'project']),
}

export const alertTrigger = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('new_issue') }),
  z.strictObject({ type: z.literal('regression') }),
  z.strictObject({ type: z.literal('escalation') }),
  z.strictObject({
    type: z.literal('threshold'),
    ...counting,
    minutes: wholeMinutes(MAX_WINDOW_MINUTES, 'A day (1,440) is the most.'),
  }),
  z.strictObject({
    type: z.literal('users'),
    ...counting,
    minutes: wholeMinutes(MAX_USERS_WINDOW_MINUTES, 'An hour (60) is the most for users.'),
  }),
])
export type AlertTrigger = z.infer<typeof alertTrigger>
export type AlertTriggerType = AlertTrigger['type']

/** Which events count, or which event must have been the cause: all that is given must hold, of a list one. */
export const alertFilters = z.strictObject({
  level: z.array(level).min(1).max(5).optional(),
  environment: z.array(nameInAddress(64).min(1)).min(1).max(20).optional(),
  release: z.array(nameInAddress(200).min(1)).min(1).max(20).optional(),
  tags: z
    .record(nameInAddress(200).min(1), nameInAddress(200))
    .refine((tags) => Object.keys(tags).length <= 10, { error: 'Name at most 10 tags.' })
    .optional(),
  /** As in the search of events; a mistake is answered with its place. */
  query: nameInAddress(1_000).optional(),
})
export type AlertFilters = z.infer<typeof alertFilters>

const ruleFields = {
  name: nameInAddress(80).trim().min(1, { error: 'Give it a name.' }),
  trigger: alertTrigger,
  filters: alertFilters,
  /** Since the last cause of an alert that was resolved, before another is made. */
  cooldownMinutes: z
    .int({ error: 'Write a whole number of minutes.' })
    .min(0, { error: 'Write 0 or more.' })
    .max(1_440, { error: 'A day (1,440) is the most.' }),
  enabled: z.boolean(),
  /** Counts on and does not alert until then. */
  mutedUntil: instant.nullable(),
  /** Webhooks of the project that are sent its new alerts. */
  webhookIds: z
    .array(decimalId)
    .max(MAX_WEBHOOKS_OF_RULE, { error: `Choose at most ${MAX_WEBHOOKS_OF_RULE} webhooks.` }),
}

export const createAlertRule = z.object({
  ...ruleFields,
  filters: alertFilters.default({}),
  cooldownMinutes: ruleFields.cooldownMinutes.default(DEFAULT_COOLDOWN_MINUTES),
  enabled: z.boolean().default(true),
  mutedUntil: ruleFields.mutedUntil.default(null),
  webhookIds: ruleFields.webhookIds.default([]),
})
export type CreateAlertRule = z.output<typeof createAlertRule>
export const updateAlertRule = z.object(ruleFields).partial()
export type UpdateAlertRule = z.output<typeof updateAlertRule>

export const alertRule = z.object({
  id: decimalId,
  ...ruleFields,
  webhooks: z.array(z.object({ id: decimalId, name: z.string() })),
  /** Alerts that are active or acknowledged. */
  openAlerts: z.int(),
  /** The last cause that made or raised one of its alerts. */
  lastFiredAt: instant.nullable(),
  createdAt: instant,
  updatedAt: instant,
})
export type AlertRule = z.infer<typeof alertRule>

export const ALERT_STATES = ['active', 'acknowledged', 'resolved'] as const
export const alertState = z.enum(ALERT_STATES)
export type AlertState = z.infer<typeof alertState>

/** What is known of the first cause. */
export const alertCause = z.object({
  /** The event that made, regressed or escalated the issue, while it is stored. */
  eventId: z.string().optional(),
  level: level.optional(),
  environment: z.string().optional(),
  release: z.string().nullable().optional(),
  /** Of a counting rule: what the window had, and its last minute. */
  count: z.int().optional(),
  windowEnd: instant.optional(),
})
export type AlertCause = z.infer<typeof alertCause>

const person = z.object({ id: z.string(), name: z.string() }).nullable()

export const alert = z.object({
  id: decimalId,
  project: z.object({ id: decimalId, slug: z.string(), name: z.string() }),
  /** Null: "and n more", of a project with too many new alerts at once; `count` says how many. */
  rule: z
    .object({
      /** It may be deleted meanwhile. The rest is the rule as it was then. */
      id: decimalId,
      name: z.string(),
      trigger: alertTrigger,
      filters: alertFilters,
      cooldownMinutes: z.int(),
    })
    .nullable(),
  /** Null: the whole project. */
  issue: z.object({ id: decimalId, shortId: z.string(), title: z.string() }).nullable(),
  state: alertState,
  /** Causes; of a counting rule the largest number a window had. */
  count: z.int(),
  cause: alertCause,
  createdAt: instant,
  /** Of the last cause. */
  lastAt: instant,
  acknowledgedAt: instant.nullable(),
  acknowledgedBy: person,
  resolvedAt: instant.nullable(),
  resolvedBy: person,
  /** When nobody did. */
  resolvedReason: z.enum(['quiet', 'merged', 'discarded', 'rule_deleted']).nullable(),
  /** To whoever asks. */
  unread: z.boolean(),
})
export type Alert = z.infer<typeof alert>

export const alertsQuery = pageQuery.extend({
  /** `open`: active or acknowledged. */
  state: z.enum([...ALERT_STATES, 'open']).optional(),
  rule: decimalId.optional(),
  issue: decimalId.optional(),
})
export type AlertsQuery = z.output<typeof alertsQuery>
export const orgAlertsQuery = alertsQuery.extend({ project: decimalId.optional() })

/** Counts are of all projects asked for, whatever the filters; exact to 1,000, 1,001 means more. */
export const alertsPage = pageOf(alert).extend({
  counts: z.object({ active: z.int(), acknowledged: z.int(), unread: z.int() }),
  /** For `POST …/alerts/read`: everything this answer could know of. */
  readMark: z.string(),
})
export type AlertsPage = z.infer<typeof alertsPage>

export const changeAlert = z.object({ state: alertState })
/** `readMark` of an answer of the list; without it, everything until now. */
export const readAlerts = z.object({ mark: z.string().max(16_000).optional() })

export const previewAlertRule = z.object({
  trigger: alertTrigger,
  filters: alertFilters.default({}),
  cooldownMinutes: ruleFields.cooldownMinutes.default(DEFAULT_COOLDOWN_MINUTES),
})
export type PreviewAlertRule = z.output<typeof previewAlertRule>
export const alertPreview = z.object({
  since: instant,
  /** How often it would have fired, each alert resolved by itself or at once. */
  count: z.int(),
  /** The newest of them, at most 100. */
  alerts: z.array(
    z.object({
      at: instant,
      issue: z.object({ id: decimalId, shortId: z.string(), title: z.string() }).nullable(),
    }),
  ),
  /** `rollups`: counts of every event. `events`: stored ones, with the weight of what sampling left out. */
  lookedAt: z.enum(['rollups', 'events', 'history']),
  /** Not everything could be looked at: how far back it came. Null: it did. */
  searchedBackTo: instant.nullable(),
})
export type AlertPreview = z.infer<typeof alertPreview>
