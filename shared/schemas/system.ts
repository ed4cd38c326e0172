// What an operator sees of the running node.
import { z } from 'zod'

const processFields = z.object({
  id: z.string(),
  kind: z.enum(['supervisor', 'worker']),
  status: z.string(),
  restarts: z.number().int(),
  lastError: z.object({ message: z.string(), at: z.coerce.date().transform((at) => at.toISOString()) }).nullable(),
  since: z.coerce.date().transform((at) => at.toISOString()),
})
/** A tree three levels deep: the node, its supervisors, their workers. */
const worker = processFields.extend({ children: z.array(processFields) })
export const processState = processFields.extend({ children: z.array(worker) })
export type ProcessState = z.infer<typeof processState>

export const systemProcesses = z.object({
  node: z.object({ pid: z.number().int(), version: z.string(), startedAt: z.string() }),
  tree: processState,
  intake: z.object({
    waiting: z.number().int(),
    waitingBytes: z.number().int(),
    inFlightBytes: z.number().int(),
    budgetBytes: z.number().int(),
  }),
  counters: z.object({
    stored: z.number().int(),
    folded: z.number().int(),
    lastFoldMs: z.number(),
    announced: z.number().int(),
  }),
})
export type SystemProcesses = z.infer<typeof systemProcesses>
