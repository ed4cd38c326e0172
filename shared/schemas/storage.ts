// What is stored of projects and for how long. Events are those that are kept (not those that were only counted); bytes
// are their payloads as they lie on the disk, compressed.
import { z } from 'zod'
import { decimalId, instant } from './list.ts'
import { retentionDays, sampleRate } from './project.ts'

/** A UTC day, `YYYY-MM-DD`. */
export const utcDay = z.iso.date()

export const storedAmount = z.object({ events: z.number().int(), bytes: z.number().int() })
export type StoredAmount = z.infer<typeof storedAmount>
export const storedDay = storedAmount.extend({ day: utcDay })
export type StoredDay = z.infer<typeof storedDay>

export const retention = z.object({
  /** As set. */
  retentionDays,
  /** What events are stored with today: another one until `changesOn`. */
  inForceDays: retentionDays,
  /** The UTC day from which what is set counts; null: it does already. */
  changesOn: utcDay.nullable(),
  /** Events received before this UTC day were removed. */
  keptSince: utcDay,
  /** The last removal of what a shorter retention left over; null: there was none. */
  removal: z
    .object({
      before: utcDay,
      events: z.number().int(),
      removed: z.number().int(),
      startedAt: instant,
      finishedAt: instant.nullable(),
    })
    .nullable(),
})
export type Retention = z.infer<typeof retention>

/** What another retention would do to what is stored now, exactly. */
export const retentionPreview = z.object({
  retentionDays,
  inForceDays: retentionDays,
  /** The UTC day it would count from. */
  from: utcDay,
  /** Stored now, and not gone by then anyway. */
  stored: storedAmount,
  /** Removed on that day. */
  removed: storedAmount,
  /** Removed later, and sooner than without the change. */
  sooner: storedAmount,
  /** Keeps its day. */
  unchanged: storedAmount,
  /** The UTC day the last of them goes; null: nothing is stored. */
  lastDay: utcDay.nullable(),
})
export type RetentionPreview = z.infer<typeof retentionPreview>

/** What would be stored if it went on like in the last week: once the oldest goes as fast as the newest comes. */
export const projection = z.object({
  /** Full UTC days it was reckoned from, seven at most. */
  overDays: z.number().int(),
  /** Stored in a day, on average. */
  perDay: storedAmount,
  /** With what is set. */
  size: storedAmount,
  retentions: z.array(storedAmount.extend({ retentionDays })),
  /** With the retention that is set, and fewer events stored; at least, for the first of each issue always are. */
  samplings: z.array(storedAmount.extend({ sampleRate })),
})
export type Projection = z.infer<typeof projection>

export const projectStorage = z.object({
  stored: storedAmount,
  /** By UTC day of receiving, zero-filled to today. */
  days: z.array(storedDay),
  /** The issues that take most, at most ten. */
  issues: z.array(storedAmount.extend({ issueId: decimalId, shortId: z.string(), title: z.string() })),
  retention,
  /** Of each retention there is. */
  changes: z.array(retentionPreview),
  /** Null until a whole UTC day has gone by since the first event. */
  projection: projection.nullable(),
})
export type ProjectStorage = z.infer<typeof projectStorage>

export const orgStorage = z.object({
  stored: storedAmount,
  days: z.array(storedDay),
  /** The largest first. */
  projects: z.array(
    storedAmount.extend({
      id: decimalId,
      slug: z.string(),
      name: z.string(),
      retentionDays,
      /** Null: no whole day yet. */
      perDay: storedAmount.nullable(),
      projected: storedAmount.nullable(),
    }),
  ),
  projected: storedAmount.nullable(),
  /** The whole database on its disk, of all organisations, with every index; for the installation's owner only. */
  databaseBytes: z.number().int().nullable(),
})
export type OrgStorage = z.infer<typeof orgStorage>
