// What scrubbing settings would do to one event, before they are saved. Nothing of it is stored.
import { z } from 'zod'
import { MAX_EVENT_BYTES } from '../constants/limits.ts'
import { normalEvent } from './event.ts'
import { scrubSettings } from './project.ts'

export const scrubPreviewRequest = z
  .object({
    /** As they stand in the form. */
    scrub: scrubSettings,
    /** A stored event of the project; without it and without `json` the newest. */
    eventId: z
      .string()
      .regex(/^[0-9a-f]{32}$/i, { error: 'An event id has 32 hexadecimal digits.' })
      .optional(),
    /** An event as a program would send it. Text, so that the same parser reads it that reads events. */
    json: z.string().max(MAX_EVENT_BYTES, { error: 'An event has at most 1 MiB.' }).optional(),
  })
  .refine(({ eventId, json }) => eventId === undefined || json === undefined, {
    error: 'Give an event id or JSON, not both.',
    path: ['json'],
  })

/** `whole`: the value is replaced; `part`: a part of a text is; `removed`: it is no longer there. */
export const scrubbedPlace = z.object({
  path: z.array(z.union([z.string(), z.number().int()])),
  kind: z.enum(['whole', 'part', 'removed']),
})
export type ScrubbedPlace = z.infer<typeof scrubbedPlace>

export const scrubPreview = z.object({
  /** Of the stored event; null for JSON. */
  eventId: z.string().nullable(),
  /** The event in normal form after scrubbing. What was there before does not leave the server. */
  event: normalEvent,
  /** Where these settings change it, in the order of the event; at most 1,000. */
  places: z.array(scrubbedPlace),
  /** All of them. */
  count: z.number().int(),
  /** Texts in which something had been filtered already: on arrival, or by the SDK. */
  filteredBefore: z.number().int(),
})
export type ScrubPreview = z.infer<typeof scrubPreview>
