// Events as the API shows them: rows of lists, and the whole event with its neighbours.
import { z } from 'zod'
import { MAX_QUERY_CHARACTERS } from '../query/keys.ts'
import { level, normalEvent } from './event.ts'
import { decimalId, instant, nameInAddress, pageQuery, rangeQuery } from './list.ts'

export const listEventsQuery = pageQuery.extend(rangeQuery.shape).extend({
  query: z.string().trim().max(MAX_QUERY_CHARACTERS).optional(),
  level: level.optional(),
  environment: nameInAddress(64).optional(),
})

export const eventRow = z.object({
  /** 32 lower hex. */
  id: z.string(),
  issueId: decimalId,
  receivedAt: instant,
  timestamp: instant,
  level,
  title: z.string(),
  message: z.string().nullable(),
  environment: z.string(),
  release: z.string().nullable(),
  tags: z.record(z.string(), z.string()),
  user: z.string().nullable(),
})
export type EventRow = z.infer<typeof eventRow>

export const eventDetail = eventRow.extend({
  payload: normalEvent,
  /** Neighbours within the issue by receive time; null at the ends. */
  previousId: z.string().nullable(),
  nextId: z.string().nullable(),
  /** Stored events of the issue received after this one; counting stops at 1,000. */
  newer: z.number().int().optional(),
  /** Those received before it, counted as far. */
  older: z.number().int().optional(),
  /** Size of the stored normal form before compression, bytes. */
  payloadBytes: z.number().int(),
})
export type EventDetail = z.infer<typeof eventDetail>
