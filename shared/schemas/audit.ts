// What happened to an organisation, line by line, as its admins read it.
import { z } from 'zod'
import { decimalId, instant } from './list.ts'

export const auditRow = z.object({
  id: decimalId,
  /** e.g. `project.created`; new ones come with new features. */
  action: z.string(),
  /** Null: on the server's command line, or the account is gone. With `data.token`, a token of theirs did it. */
  actor: z.object({ id: z.string(), name: z.string() }).nullable(),
  /** What it was done to, e.g. `project:7`. */
  target: z.string(),
  data: z.record(z.string(), z.unknown()),
  createdAt: instant,
})
export type AuditRow = z.infer<typeof auditRow>
