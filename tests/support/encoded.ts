// Events as the writer takes them, made by the real line from a small payload.
import { randomBytes } from 'node:crypto'
import type { Counter } from '#server/domain/alerts/counters.ts'
import { stamp, type RetentionBefore } from '#server/domain/ingest/stamp.ts'
import {
  NEW_PROJECT_GROUPING,
  type GroupingMethods,
  type GroupingVersions,
} from '#server/domain/grouping/versions.ts'
import type { Encoded } from '#server/pipeline/event-states.ts'
import { count, prepare } from '#server/pipeline/pipeline.ts'
import { scrubSettings } from '#shared/schemas/project.ts'

export interface EventOptions {
  projectId: number
  message?: string
  eventId?: string
  /** ms since the epoch; now when absent */
  receivedAt?: number
  retentionDays?: number
  /** What it was until a moment. */
  retentionBefore?: RetentionBefore
  sampleRate?: number
  user?: string
  payload?: Record<string, unknown>
  /** What the project groups by; version 1, settled, when absent. */
  grouping?: GroupingVersions
  /** What alert rules of the project count. */
  counters?: readonly Counter[]
  /** Grouping versions that are not shipped. */
  methods?: GroupingMethods
}

export const newEventId = (): string => randomBytes(16).toString('hex')

export function encodedEvent(options: EventOptions): Encoded {
  const { projectId, receivedAt = Date.now(), retentionDays = 90, grouping = NEW_PROJECT_GROUPING } = options
  const event = prepare(
    {
      state: 'received',
      project: {
        id: projectId,
        retentionDays,
        sampleRate: options.sampleRate ?? 1,
        scrub: scrubSettings.parse({}),
        grouping,
      },
      stamp: stamp(receivedAt, retentionDays, options.retentionBefore),
      dialect: 'sentry',
      payload: {
        event_id: options.eventId ?? newEventId(),
        timestamp: receivedAt / 1000,
        platform: 'node',
        message: options.message ?? 'something broke',
        ...(options.user ? { user: { id: options.user } } : {}),
        ...options.payload,
      },
    },
    Buffer.from('salt'),
    options.methods,
  )
  return count(event, { counters: options.counters })
}
