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

/** What of the work is a node's. Rates are events a second, over about the last second. */
export const meshLoad = z.object({
  /** Worked on here within the last minute, the busiest first. */
  projects: z.array(z.object({ id: z.string(), perSecond: z.number(), waiting: z.number().int() })),
  /** Helpers that were called for projects of this node, and where they are. */
  helpers: z.array(z.object({ id: z.string(), projectId: z.string(), nodeId: z.string() })),
  /** Helpers that worked here, for projects of other nodes. */
  processors: z.array(z.object({ id: z.string(), events: z.number().int(), perSecond: z.number() })),
})
export type MeshLoad = z.infer<typeof meshLoad>

/** What a node says of itself with each heartbeat. */
export const nodeReport = z.object({
  pid: z.number().int(),
  memoryBytes: z.number().int(),
  tree: processState,
  intake: z.object({ waiting: z.number().int(), waitingBytes: z.number().int() }),
  spooled: z.number().int(),
  load: meshLoad,
  /** Events a second. */
  rates: z.object({ stored: z.number(), sent: z.number(), received: z.number() }),
  /** To other nodes: how long an answer takes, and how much is sent there. */
  links: z.array(
    z.object({
      nodeId: z.string(),
      up: z.boolean(),
      latencyMs: z.number().nullable(),
      sentPerSecond: z.number(),
    }),
  ),
  /** Events, since the process started: sent to an owner and written here after all, or refused because it was slow. */
  fallenBack: z.number().int(),
  refused: z.number().int(),
})
export type NodeReport = z.infer<typeof nodeReport>

/** alive; leaving: hands over what it owns; left: in good order; silent: it has not been heard of for seconds. */
export const NODE_STATUSES = ['alive', 'leaving', 'left', 'silent'] as const

export const systemNodes = z.object({
  /** The node that answers. */
  self: z.string(),
  nodes: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      /** Where others reach it; null while it is alone and does not listen. */
      address: z.string().nullable(),
      version: z.string(),
      status: z.enum(NODE_STATUSES),
      startedAt: z.iso.datetime(),
      heartbeatAt: z.iso.datetime(),
      /** Shares of the projects that it owns, of `shares` in all. */
      shares: z.number().int(),
      /** Its last words; null when this version cannot read them. */
      report: nodeReport.nullable(),
    }),
  ),
  shares: z.number().int(),
})
export type SystemNodes = z.infer<typeof systemNodes>
