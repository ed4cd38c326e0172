// What an operator sees beside the processes: whether the node is ready and why (not), the server processes of the
// machine, the database, and whether Mesher reports its own faults.
import { z } from 'zod'

export const CHECKS = ['database', 'migrations', 'partitions', 'spool', 'disk'] as const
export type CheckName = (typeof CHECKS)[number]

export const check = z.object({
  name: z.enum(CHECKS),
  /** `off`: switched off, or nothing is known because something before it fails. */
  state: z.enum(['ok', 'failing', 'off']),
  /** In a sentence; null when there is nothing to say. */
  says: z.string().nullable(),
})
export type Check = z.infer<typeof check>

export const health = z.object({
  /** Events that are sent now would be kept. */
  ready: z.boolean(),
  checks: z.array(check),
  partitionsAheadDays: z.number().int().nullable(),
  /** Of the data directory; null when it cannot be read. */
  disk: z.object({ freeBytes: z.number(), totalBytes: z.number() }).nullable(),
})
export type Health = z.infer<typeof health>

/** What one server process says about itself. */
export const serverProcess = z.object({
  version: z.string(),
  startedAt: z.iso.datetime(),
  ready: z.boolean(),
  memory: z.object({ residentBytes: z.number(), heapUsedBytes: z.number(), heapLimitBytes: z.number() }),
  eventLoop: z.object({ meanMs: z.number(), p99Ms: z.number(), maxMs: z.number(), busy: z.number() }),
  waiting: z.number().int(),
  stored: z.number().int(),
  liveSockets: z.number().int(),
  /** Of supervised processes inside it, and the last that fell. */
  restarts: z.number().int(),
  lastError: z.object({ process: z.string(), message: z.string() }).nullable(),
})
export type ServerProcess = z.infer<typeof serverProcess>

export const systemStatus = z.object({
  /** Of the process that answers. */
  health,
  machine: z.object({
    hostname: z.string(),
    cpus: z.number().int(),
    loadAverage: z.number(),
    memoryBytes: z.number(),
    memoryFreeBytes: z.number(),
  }),
  servers: z.array(
    z.object({
      index: z.number().int(),
      pid: z.number().int().nullable(),
      restarts: z.number().int(),
      lastExit: z.object({ how: z.string(), at: z.iso.datetime() }).nullable(),
      /** Null when it is down or does not answer. */
      state: serverProcess.nullable(),
    }),
  ),
})
export type SystemStatus = z.infer<typeof systemStatus>

export const systemDatabase = z.object({
  version: z.string(),
  bytes: z.number(),
  connections: z.number().int(),
  maxConnections: z.number().int(),
  /** Partitions counted with their table; the biggest first. */
  tables: z.array(
    z.object({
      name: z.string(),
      partitions: z.number().int(),
      bytes: z.number(),
      indexBytes: z.number(),
      /** As PostgreSQL estimates them. */
      rows: z.number(),
    }),
  ),
  slowQueries: z.discriminatedUnion('state', [
    z.object({
      state: z.literal('known'),
      since: z.iso.datetime().nullable(),
      queries: z.array(
        z.object({
          /** Without its values. */
          text: z.string(),
          calls: z.number(),
          rows: z.number(),
          totalMs: z.number(),
          meanMs: z.number(),
          maxMs: z.number(),
        }),
      ),
    }),
    /** The server has no pg_stat_statements, has not loaded it, or does not let us read it. */
    z.object({ state: z.enum(['absent', 'not-loaded', 'forbidden']) }),
  ]),
})
export type SystemDatabase = z.infer<typeof systemDatabase>

/** Which server process of the machine is asked; the one that answers when absent. */
export const ofServer = z.object({ server: z.coerce.number().int().min(0).max(63).optional() })

export const selfReporting = z.object({
  on: z.boolean(),
  /** Where its own faults are issues; kept while it is off. */
  project: z.object({ id: z.string(), slug: z.string(), name: z.string(), orgSlug: z.string() }).nullable(),
})
export type SelfReporting = z.infer<typeof selfReporting>

export const changeSelfReporting = z.object({
  on: z.boolean(),
  /** The organisation that gets the project, when there is none yet; one that the installation's owner owns. */
  org: z.string().max(100).optional(),
})
