// Events as the API shows them: rows of lists, and the whole event with its neighbours.
import { z } from 'zod'
import { MAX_QUERY_CHARACTERS } from '../query/keys.ts'
import { EXPORT_COLUMNS, MAX_COLUMNS, parseColumns } from '../event-columns.ts'
import { level, normalEvent } from './event.ts'
import { decimalId, instant, nameInAddress, pageQuery, rangeQuery } from './list.ts'

/** Which events: the same for the list, its chart and its file. */
const eventFilter = {
  ...rangeQuery.shape,
  query: z.string().trim().max(MAX_QUERY_CHARACTERS).optional(),
  level: level.optional(),
  environment: nameInAddress(64).optional(),
}
export const listEventsQuery = pageQuery.extend(eventFilter)

export const eventHistogramQuery = z.object({
  ...eventFilter,
  /** IANA zone for day buckets; UTC when absent. */
  timezone: z.string().max(64).optional(),
})

export const eventHistogram = z.object({
  interval: z.enum(['15m', '1h', '1d']),
  since: instant,
  until: instant,
  /**
   * One row per bucket, oldest first; `counts` follows LEVELS. `none` was not looked at: it has no numbers, which is
   * not zero. `part` was not looked through.
   */
  buckets: z.array(
    z.object({
      start: instant,
      counted: z.enum(['whole', 'part', 'none']),
      counts: z.array(z.number().int()).length(5).nullable(),
      total: z.number().int().nullable(),
    }),
  ),
  /** Of what was counted. */
  total: z.number().int(),
  /** Counting is bounded: the time it came to when that is not the whole range. Null: everything was counted. */
  countedBackTo: instant.nullable(),
})
export type EventHistogram = z.infer<typeof eventHistogram>

/** A tag's key has at most 200 characters, each at most nine in an address. */
const MAX_CHARACTERS = MAX_COLUMNS * 60
const exportColumns = z
  .string()
  .max(MAX_CHARACTERS)
  .transform((text, context) => {
    const columns = parseColumns(text, EXPORT_COLUMNS)
    if (columns) return columns
    const message = `Use at most ${MAX_COLUMNS} of ${EXPORT_COLUMNS.join(', ')} and tag.KEY, with commas between.`
    context.addIssue({ code: 'custom', message })
    return z.NEVER
  })

export const exportEventsQuery = z.object({
  ...eventFilter,
  format: z.enum(['csv', 'ndjson']).default('csv'),
  /** Names with commas between; a tag is `tag.` and its key, percent-encoded. */
  columns: exportColumns.optional(),
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
