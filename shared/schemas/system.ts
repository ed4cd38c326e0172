// What an operator sees of the running node.
import { z } from 'zod'

export const processState = z.object({
  id: z.string(),
  kind: z.enum(['supervisor', 'worker']),
  status: z.enum(['starting', 'running', 'restarting', 'stopped', 'failed']),
  restarts: z.number().int(),
  lastError: z.string().nullable(),
  since: z.string().nullable(),
  get children() {
    return z.array(processState).optional()
  },
})
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
})
export type SystemProcesses = z.infer<typeof systemProcesses>
