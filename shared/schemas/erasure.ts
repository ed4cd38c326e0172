// Deleting projects and organisations: what is typed to confirm, what goes, and how far the removal is.
import { z } from 'zod'
import { decimalId, instant, pageQuery } from './list.ts'

/** The short name of what is deleted. */
export const confirmation = z.object({ confirm: z.string().max(100) })
export const erasureStarted = z.object({ erasureId: decimalId })

/** What would go; events are the stored ones. Issues are exact to 100,000. */
export const footprint = z.object({
  projects: z.number().int(),
  issues: z.number().int(),
  events: z.number().int(),
})
export type Footprint = z.infer<typeof footprint>

export const erasureQuery = pageQuery.extend({ state: z.enum(['running', 'all']).default('all') })
export const erasure = z.object({
  id: decimalId,
  label: z.string(),
  kind: z.enum(['project', 'organization', 'issue']),
  /** When it began, by the counts; a few that were not counted yet may come on top. */
  events: z.number().int(),
  erased: z.number().int(),
  createdAt: instant,
  finishedAt: instant.nullable(),
})
export type Erasure = z.infer<typeof erasure>
