// The live socket, `WS /api/v1/live` (docs/live.md): what a page or program says, and what it hears.
import { z } from 'zod'
import { MAX_LIVE_COUNTS } from '../constants/limits.ts'
import { MAX_QUERY_CHARACTERS } from '../query/keys.ts'
import { level } from './event.ts'
import { eventRow } from './event-view.ts'
import { issue } from './issue.ts'
import { decimalId, instant, nameInAddress } from './list.ts'

/** The client's own name for a subscription, of its choice. */
export const liveRef = z.union([z.string().min(1).max(100), z.int().nonnegative()])
export type LiveRef = z.infer<typeof liveRef>

const values = nameInAddress(250)
/** All that is given must hold; of a list, one. Of issues and counts only `issueId` chooses. */
export const liveFilters = z.strictObject({
  level: z.array(level).min(1).max(5).optional(),
  environment: z.array(values).min(1).max(20).optional(),
  release: z.array(values).min(1).max(20).optional(),
  tags: z
    .record(nameInAddress(200), nameInAddress(200))
    .refine((tags) => Object.keys(tags).length <= 20, { error: 'At most 20 tags.' })
    .optional(),
  issueId: decimalId.optional(),
  /** As in `GET /projects/{project}/events`. */
  query: z.string().trim().max(MAX_QUERY_CHARACTERS).optional(),
})
export type LiveFilters = z.infer<typeof liveFilters>

/** A place in the news of the installation, opaque. */
export const livePosition = z.string().max(80)

const subscribe = z.strictObject({
  type: z.literal('subscribe'),
  id: liveRef,
  /** What happens in a project; or, with `org`, the alerts of all projects of an organisation, by its short name. */
  projectId: decimalId.optional(),
  org: nameInAddress(100).min(1).optional(),
  filters: liveFilters.optional(),
  /** False: issues and counts only. */
  events: z.boolean().optional(),
  /** The last `position` that was heard: what came after it is told first. */
  since: livePosition.optional(),
})
const about = <Type extends string>(type: Type) => z.strictObject({ type: z.literal(type), id: liveRef })

export const liveMessage = z
  .discriminatedUnion('type', [
    subscribe,
    about('unsubscribe'),
    /** No events until `resume`: they are counted, as those beyond 50 a second are. */
    about('pause'),
    about('resume'),
  ])
  .refine(
    (message) =>
      message.type !== 'subscribe' || (message.projectId === undefined) !== (message.org === undefined),
    {
      error: 'Give either projectId or org.',
      path: ['projectId'],
    },
  )
export type LiveMessage = z.infer<typeof liveMessage>
export type LiveSubscribe = Extract<LiveMessage, { type: 'subscribe' }>

/** A row as the list of events has it. Sampled out: it was counted, and is not stored. */
export const liveEvent = eventRow.extend({ sampled: z.boolean() })
export type LiveEvent = z.infer<typeof liveEvent>

export const liveCounts = z.object({
  id: decimalId,
  eventCount: z.int(),
  userCount: z.int(),
  lastSeen: instant,
  level,
})
export type LiveCounts = z.infer<typeof liveCounts>

const news = { id: liveRef, position: livePosition, projectId: decimalId }

export const liveAnswer = z.discriminatedUnion('type', [
  z.object({ type: z.literal('subscribed'), id: liveRef, position: livePosition.nullable() }),
  /** `since` is too long ago: read the lists anew. The subscription stands. */
  z.object({ type: z.literal('reset'), id: liveRef, position: livePosition.nullable() }),
  z.object({ type: z.literal('unsubscribed'), id: liveRef }),
  z.object({ type: z.literal('event'), id: liveRef, event: liveEvent }),
  z.object({ type: z.literal('events.skipped'), id: liveRef, count: z.int().positive() }),
  z.object({ type: z.literal('issue.created'), ...news, issueId: decimalId, issue: issue.nullable() }),
  z.object({
    type: z.literal('issue.updated'),
    ...news,
    issueId: decimalId,
    /** What happened: `issue.updated`, `issue.regressed`, `issue.escalated`, `issue.merged`, `issue.deleted` … */
    kind: z.string(),
    reason: z.string().nullable(),
    /** Whose doing it was; null: nobody's. */
    actorId: z.string().nullable(),
    /** Of `issue.merged`: the issue it is part of now. */
    into: decimalId.nullable(),
    /** As it is now; null when it is no more to be seen. */
    issue: issue.nullable(),
  }),
  z.object({
    type: z.literal('issue.counts'),
    id: liveRef,
    projectId: decimalId,
    issues: z.array(liveCounts).min(1).max(MAX_LIVE_COUNTS),
  }),
  z.object({
    type: z.literal('alert'),
    ...news,
    kind: z.string(),
    issueId: decimalId.nullable(),
    alert: z.unknown(),
  }),
  /** So many messages were not sent, because what came before was not read. */
  z.object({ type: z.literal('dropped'), count: z.int().positive() }),
  /** The project is no more, or no longer yours to see. The subscription has ended. */
  z.object({ type: z.literal('gone'), id: liveRef }),
  z.object({
    type: z.literal('error'),
    id: liveRef.optional(),
    code: z.string(),
    message: z.string(),
    details: z.unknown().optional(),
  }),
])
export type LiveAnswer = z.infer<typeof liveAnswer>
