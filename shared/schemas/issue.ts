// Issues as lists and the issue page show them.
import { z } from 'zod'
import { level } from './event.ts'
import { decimalId, instant, nameInAddress, pageQuery, rangeQuery } from './list.ts'

export const ISSUE_STATUSES = ['unresolved', 'resolved', 'archived'] as const
export const issueStatus = z.enum(ISSUE_STATUSES)
export type IssueStatus = z.infer<typeof issueStatus>
export const issueSubstatus = z.enum(['new', 'ongoing', 'regressed', 'escalating'])

export const ISSUE_SORTS = ['lastSeen', 'firstSeen', 'events', 'users'] as const
export const issueSort = z.enum(ISSUE_SORTS)
export type IssueSort = z.infer<typeof issueSort>

export const listIssuesQuery = pageQuery.extend(rangeQuery.shape).extend({
  status: issueStatus.default('unresolved'),
  level: level.optional(),
  /** Issues with an event there (in the range, when one is given); counts stay those of the whole issue. */
  environment: nameInAddress(64).optional(),
  /** Words of the title, type or message; all must be found, each from its beginning. */
  query: z.string().trim().max(200).optional(),
  sort: issueSort.default('lastSeen'),
})

export const issue = z.object({
  id: decimalId,
  /** For people: project slug and a short code, e.g. `WEB-4F`. */
  shortId: z.string(),
  projectId: decimalId,
  title: z.string(),
  type: z.string().nullable(),
  value: z.string().nullable(),
  culprit: z.string().nullable(),
  level,
  platform: z.string(),
  status: issueStatus,
  substatus: issueSubstatus.nullable(),
  eventCount: z.number().int(),
  userCount: z.number().int(),
  firstSeen: instant,
  lastSeen: instant,
  assignee: z.object({ id: z.string(), name: z.string() }).nullable(),
  /** Sent back with PATCH; a stale one is 409. */
  version: z.number().int(),
})
export type Issue = z.infer<typeof issue>

export const issueRow = issue.extend({
  /** Events per hour of the last 24 full-or-current hours, oldest first: the sparkline. */
  hourly: z.array(z.number().int()).length(24),
})
export type IssueRow = z.infer<typeof issueRow>

export const updateIssue = z.object({
  status: issueStatus,
  version: z.number().int().optional(),
})

/** Why these events are one issue: stored when the group is made, said in plain words by the page. */
export const groupingReason = z.object({
  strategy: z.enum(['fingerprint', 'stack', 'exception', 'message', 'constant', 'overflow']),
  version: z.number().int(),
  /** What was hashed, in order, each with what it is: `type`, `message`, `frame`, `fingerprint` … */
  parts: z.array(z.object({ kind: z.string(), value: z.string() })),
  /** Made while the project moved to another version: the version whose issue it was from the start. */
  joined: z.number().int().optional(),
})
export type GroupingReason = z.infer<typeof groupingReason>

export const issueGroup = z.object({
  id: decimalId,
  hash: z.string(),
  createdAt: instant,
  why: groupingReason,
})

export const tagFacet = z.object({
  key: z.string(),
  /** Events looked at; the newest of the issue, at most `TAG_SAMPLE`. */
  total: z.number().int(),
  values: z.array(z.object({ value: z.string(), count: z.number().int() })),
})
export type TagFacet = z.infer<typeof tagFacet>

export const activity = z.object({
  id: decimalId,
  kind: z.enum(['created', 'resolved', 'unresolved', 'archived', 'regressed']),
  actor: z.object({ id: z.string(), name: z.string() }).nullable(),
  createdAt: instant,
})
export type Activity = z.infer<typeof activity>
