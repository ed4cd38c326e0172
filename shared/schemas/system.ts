// What an operator sees of the running node.
import { z } from 'zod'

/** A process comes up (waiting, starting), runs, falls (backing-off), or has ended, for good or by request. */
export const PROCESS_STATUSES = [
  'waiting',
  'starting',
  'running',
  'backing-off',
  'stopping',
  'stopped',
  'ended',
  'failed',
] as const
export type ProcessStatus = (typeof PROCESS_STATUSES)[number]

export const processState = z.object({
  id: z.string(),
  kind: z.enum(['supervisor', 'worker']),
  status: z.enum(PROCESS_STATUSES),
  restarts: z.number().int(),
  /** Words of the last crash; null when there was none. */
  lastError: z.string().nullable(),
  /** Since when it has this status. */
  since: z.iso.datetime(),
  get children() {
    return z.array(processState)
  },
})
export type ProcessState = z.infer<typeof processState>

export const systemProcesses = z.object({
  node: z.object({ pid: z.number().int(), version: z.string(), startedAt: z.iso.datetime() }),
  tree: processState,
  intake: z.object({
    waiting: z.number().int(),
    waitingBytes: z.number().int(),
    inFlightBytes: z.number().int(),
    budgetBytes: z.number().int(),
  }),
  /** Where events wait while PostgreSQL is away; null when it is switched off. */
  spool: z
    .object({
      status: z.enum(['empty', 'spooling', 'replaying']),
      events: z.number().int(),
      bytes: z.number().int(),
      maxBytes: z.number().int(),
      /** Files. */
      segments: z.number().int(),
      oldest: z.iso.datetime().nullable(),
      replayedPerSecond: z.number(),
      /** Why it would take no event now. */
      problem: z.enum(['full', 'unwritable']).nullable(),
      /** Files with what could be neither read nor stored. */
      asideFiles: z.number().int(),
      asideBytes: z.number().int(),
      /** Of those, removed since this process started because there were too many bytes of them. */
      asideRemoved: z.number().int(),
    })
    .nullable(),
  counters: z.object({
    stored: z.number().int(),
    folded: z.number().int(),
    lastFoldMs: z.number(),
    announced: z.number().int(),
  }),
})
export type SystemProcesses = z.infer<typeof systemProcesses>
