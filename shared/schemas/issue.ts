// Issues as lists and the issue page show them.
import { z } from 'zod'
import {
  ARCHIVE_UNTIL,
  ISSUE_SORTS,
  ISSUE_STATUSES,
  ISSUE_SUBSTATUSES,
  MOST_PROJECTS_LISTED,
  type ISSUE_TABS,
} from '../constants/issue.ts'
import { MAX_QUERY_CHARACTERS } from '../query/keys.ts'
import { level } from './event.ts'
import { decimalId, instant, nameInAddress, pageQuery, rangeQuery } from './list.ts'

export const issueStatus = z.enum(ISSUE_STATUSES)
export type IssueStatus = z.infer<typeof issueStatus>
export const issueSubstatus = z.enum(ISSUE_SUBSTATUSES)
export type IssueSubstatus = z.infer<typeof issueSubstatus>

export type ArchiveUntil = (typeof ARCHIVE_UNTIL)[number]

export const issueSort = z.enum(ISSUE_SORTS)
export type IssueSort = z.infer<typeof issueSort>

/** Which issues are meant: of a list, and of a change of many. */
export const issueFilter = rangeQuery.extend({
  status: issueStatus.default('unresolved'),
  /** Of unresolved ones. A state in `query` goes before both, see shared/query/issue-state.ts. */
  substatus: issueSubstatus.optional(),
  level: level.optional(),
  /** `me`, `none` for nobody's, or the id of a user. */
  assignee: nameInAddress(64).min(1).optional(),
  /** Issues with an event there (in the range, when one is given); counts stay those of the whole issue. */
  environment: nameInAddress(64).optional(),
  /** Words and terms, see shared/query/parse.ts. */
  query: z.string().trim().max(MAX_QUERY_CHARACTERS).optional(),
})
export const listIssuesQuery = pageQuery
  .extend(issueFilter.shape)
  .extend({ sort: issueSort.default('lastSeen') })

export type IssueTab = (typeof ISSUE_TABS)[number]
const count = z.number().int().min(0)
export const issueCounts = z.object({
  unresolved: count,
  new: count,
  regressed: count,
  escalating: count,
  archived: count,
  resolved: count,
  /** As that of the list: what the search says about events was looked for no further back. */
  searchedBackTo: instant.nullable(),
})
export type IssueCounts = z.infer<typeof issueCounts>

/** Ids or slugs, repeated or with commas; absent: all projects of the organisation. */
const projectNames = z
  .union([z.string().max(20_000), z.array(z.string().max(100)).max(MOST_PROJECTS_LISTED)])
  .transform((given) =>
    [given]
      .flat()
      .flatMap((text) => text.split(','))
      .map((name) => name.trim())
      .filter(Boolean),
  )
  .refine((names) => names.length <= MOST_PROJECTS_LISTED, {
    error: `Name at most ${MOST_PROJECTS_LISTED} projects.`,
  })
export const orgIssueFilter = issueFilter.extend({ project: projectNames.optional() })
export const listOrgIssuesQuery = listIssuesQuery.extend({ project: projectNames.optional() })

/** How an archived issue comes back. */
export const issueArchive = z.object({
  until: z.enum(ARCHIVE_UNTIL),
  /** Of `date`: when. */
  at: instant.nullable(),
  /** Of `count`: how many more events, as of now. */
  events: z.number().int().nullable(),
})
export type IssueArchive = z.infer<typeof issueArchive>

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
  /** Null for those that are not archived. */
  archive: issueArchive.nullable(),
  /**
   * Archived until it escalates: above this many events in an hour of UTC it does. Null otherwise, and in lists. In the
   * hour in which it was archived only events since then count.
   */
  escalationLimit: z.number().int().nullable(),
})
export type Issue = z.infer<typeof issue>

export const issueRow = issue.extend({
  /** Events per hour of the last 24 full-or-current hours, oldest first: the sparkline. */
  hourly: z.array(z.number().int()).length(24),
})
export type IssueRow = z.infer<typeof issueRow>

/** A row of a list across projects. */
export const orgIssueRow = issueRow.extend({
  project: z.object({ id: decimalId, slug: z.string(), name: z.string() }),
})
export type OrgIssueRow = z.infer<typeof orgIssueRow>

const YEAR_MS = 366 * 86_400_000
const archive = z.discriminatedUnion('until', [
  z.object({ until: z.literal('escalating') }),
  z.object({
    until: z.literal('date'),
    at: instant
      .refine((at) => Date.parse(at) > Date.now(), { error: 'Take a time in the future.' })
      .refine((at) => Date.parse(at) <= Date.now() + YEAR_MS, { error: 'Take a time within a year.' }),
  }),
  z.object({ until: z.literal('count'), events: z.number().int().min(1).max(1_000_000) }),
  z.object({ until: z.literal('forever') }),
])
export type Archive = z.infer<typeof archive>

const changes = z.object({
  /** `archived` without `archive` means until it escalates. */
  status: issueStatus.optional(),
  /** Implies status `archived`. */
  archive: archive.optional(),
  /** A member of the organisation; null: nobody. */
  assigneeId: nameInAddress(64).min(1).nullable().optional(),
})
export type IssueChange = z.infer<typeof changes>

const changesSomething = (change: IssueChange) =>
  change.status !== undefined || change.archive !== undefined || change.assigneeId !== undefined
const NOTHING = { error: 'Give status, archive or assigneeId.' }
const agrees = ({ status, archive }: IssueChange) =>
  archive === undefined || status === undefined || status === 'archived'
const DISAGREES = { error: 'Only the status archived goes with archive.', path: ['archive'] }

export const updateIssue = changes
  .extend({ version: z.number().int().optional() })
  .refine(changesSomething, NOTHING)
  .refine(agrees, DISAGREES)

export const BULK_STEP = 500
/** One step of changing many issues: those named, or the next of those that match. */
export const updateIssues = z
  .object({
    /** Of the first step's answer, or chosen at the first step; the same in every later one. */
    operationId: z.uuid().optional(),
    /** Ids or short codes. */
    ids: z.array(z.string().max(80)).min(1).max(BULK_STEP).optional(),
    query: issueFilter.optional(),
    /** `nextCursor` of the step before. */
    cursor: z.string().max(1_000).optional(),
    change: changes
      .extend({ delete: z.literal(true).optional(), discard: z.literal(true).optional() })
      .refine(
        (change) => [changesSomething(change), change.delete, change.discard].filter(Boolean).length === 1,
        { error: 'Give status, archive or assigneeId, or else delete, or else discard.' },
      )
      .refine(agrees, DISAGREES),
  })
  .refine(({ ids, query }) => (ids === undefined) !== (query === undefined), {
    error: 'Give either ids or query.',
    path: ['ids'],
  })
  .refine(({ ids, cursor }) => ids === undefined || cursor === undefined, {
    error: 'A list of ids is one step.',
    path: ['cursor'],
  })
  .refine(({ operationId, cursor }) => cursor === undefined || operationId !== undefined, {
    error: 'A later step needs the operationId of the first.',
    path: ['operationId'],
  })
export const updatedIssues = z.object({
  operationId: z.uuid(),
  changed: z.number().int(),
  /** Those that were so already. */
  unchanged: z.number().int(),
  /** Of the next step; null: done. */
  nextCursor: z.string().nullable(),
  /** How many match, at the first step and at most 10,000; null at later ones. */
  total: z.number().int().nullable(),
})
export type UpdatedIssues = z.infer<typeof updatedIssues>

export const undoIssues = z.object({ operationId: z.uuid(), cursor: z.string().max(1_000).optional() })
export const undoneIssues = z.object({
  restored: z.number().int(),
  /** Changed by somebody or something since, and left as they are. */
  skipped: z.array(
    z.object({
      id: decimalId,
      shortId: z.string(),
      title: z.string(),
      status: z.enum([...ISSUE_STATUSES, 'discarded', 'merged', 'deleted']),
    }),
  ),
  nextCursor: z.string().nullable(),
})
export type UndoneIssues = z.infer<typeof undoneIssues>

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
  /** The issue it was made for, when it came here by merging; it can go back there. */
  mergedFrom: z.object({ id: decimalId, shortId: z.string(), title: z.string() }).nullable(),
  eventCount: z.number().int(),
  lastSeen: instant.nullable(),
})

/** Issues that become part of the one at the address, by id or short code. */
export const mergeIssues = z.object({ ids: z.array(z.string().max(80)).min(1).max(50) })
/** Groups that go back to the issue they were merged from, with all others of the same origin. */
export const unmergeIssue = z.object({ groupIds: z.array(decimalId).min(1).max(100) })
export const unmergedIssues = z.object({ issue, restored: z.array(issue) })

export const discardedIssue = z.object({
  /** Of the issue. */
  id: decimalId,
  shortId: z.string(),
  title: z.string(),
  type: z.string().nullable(),
  culprit: z.string().nullable(),
  level,
  discardedAt: instant,
  discardedBy: z.object({ id: z.string(), name: z.string() }).nullable(),
  /** Events discarded since. */
  count: z.number().int(),
  /** The newest of them. */
  lastSeen: instant.nullable(),
})
export type DiscardedIssue = z.infer<typeof discardedIssue>

export const tagFacet = z.object({
  key: z.string(),
  /** Events looked at; the newest of the issue, at most `TAG_SAMPLE`. */
  total: z.number().int(),
  values: z.array(z.object({ value: z.string(), count: z.number().int() })),
})
export type TagFacet = z.infer<typeof tagFacet>

export const ACTIVITY_KINDS = [
  'created',
  'resolved',
  'unresolved',
  'archived',
  'regressed',
  'escalated',
  'assigned',
  'unassigned',
  'merged',
  'unmerged',
  'discarded',
  'restored',
] as const
export const activity = z.object({
  id: decimalId,
  kind: z.enum(ACTIVITY_KINDS),
  /** Null: Mesher itself. */
  actor: z.object({ id: z.string(), name: z.string() }).nullable(),
  /**
   * What the kind has to say: archived `{until, at, events}`, unresolved by itself `{reason: 'date' | 'count'}`, by an
   * undo `{reason: 'undo'}`, escalated `{count, limit}`, assigned and unassigned `{assignee: {id, name}}`.
   */
  data: z.record(z.string(), z.unknown()),
  createdAt: instant,
})
export type Activity = z.infer<typeof activity>
