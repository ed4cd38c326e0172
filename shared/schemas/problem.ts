// The one shape of every error answer of the management API and of Mesher's own ingest doors.
import { z } from 'zod'

export const problem = z.object({
  error: z.object({
    /** Machine-readable, from the closed list in server/domain/errors.ts. */
    code: z.string(),
    /** One sentence for a person. */
    message: z.string(),
    /** For validation errors: each problem with its path. */
    details: z.unknown().optional(),
  }),
})
export type Problem = z.infer<typeof problem>

export const fieldProblem = z.object({ path: z.string(), message: z.string() })
export type FieldProblem = z.infer<typeof fieldProblem>
