// Keyset pages: what every list route takes and gives (design §6).
import { z } from 'zod'

export const pageQuery = z.object({
  /** Opaque, signed, bound to query, sort and project; from `nextCursor` or `previousCursor` of a page before. */
  cursor: z.string().max(1_000).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(25),
})

/** A page of rows; `nextCursor` is null on the last one. */
export const pageOf = <T extends z.ZodType>(row: T) =>
  z.object({
    data: z.array(row),
    nextCursor: z.string().nullable(),
    previousCursor: z.string().nullable().optional(),
  })

/**
 * A page of what a search found. Searching is bounded: `searchedBackTo` says how far back it looked when that is not
 * everything asked for. Null: it is.
 */
export const searchPageOf = <T extends z.ZodType>(row: T) =>
  pageOf(row).extend({ searchedBackTo: instant.nullable().optional() })

/** ISO time, or an age such as `24h`, `7d`, `30m`. */
export const timeBound = z
  .string()
  .regex(/^(\d{1,4}[mhdw]|\d{4}-\d\d-\d\d(T[\d:.]{5,12}(Z|[+-]\d\d:\d\d)?)?)$/, {
    error: 'Use an ISO time such as 2026-11-23T10:00:00Z, or an age such as 30m, 24h, 7d.',
  })
export const rangeQuery = z.object({ since: timeBound.optional(), until: timeBound.optional() })

/** A name from the address; NUL is in no name, and PostgreSQL refuses it. */
export const nameInAddress = (max: number) =>
  z
    .string()
    .max(max)
    .refine((text) => !text.includes('\0'), { error: 'Leave out the NUL character.' })

/** Ids are decimal strings on the wire: they may outgrow a JavaScript number one day. */
export const decimalId = z.string().regex(/^\d{1,18}$/)
export const instant = z.iso.datetime({ offset: true })
