// A node: the parts of the line, wired, and the supervision tree that runs them. In: the database and configuration;
// out: a handle. Boot calls it; the tests and the demo do too.
import { INFLIGHT_BUDGET_BYTES } from '#shared/constants/limits.ts'
import { createDatabaseClock } from '#server/domain/ingest/clock.ts'
import { createRateLimiter } from '#server/domain/ingest/rate-limiter.ts'
import { stamp } from '#server/domain/ingest/stamp.ts'
import { createKeyCache } from '#server/domain/projects/key-cache.ts'
import { createByteBudget } from '#server/pipeline/byte-budget.ts'
import { createClientReportTally } from '#server/pipeline/client-reports.ts'
import { createIntake, NO_ROOM } from '#server/pipeline/intake.ts'
import { setLine, type Line } from '#server/pipeline/line.ts'
import { createOutcomeTally } from '#server/pipeline/outcome.ts'
import type { Encoded } from '#server/pipeline/event-states.ts'
import { createValueCaps } from '#server/pipeline/value-caps.ts'
import { prepare } from '#server/pipeline/pipeline.ts'
import { writeBatch } from '#server/pipeline/stages/write.ts'
import {
  supervise,
  type ProcessState as Supervised,
  type SupervisionHandle,
} from '#server/runtime/supervisor.ts'
import type { ProcessState, SystemProcesses } from '#shared/schemas/system.ts'
import { createSpool, type Spool } from '#server/spool/spool.ts'
import { canAnswer } from '#server/storage/system/can-answer.ts'
import type { Database } from '#server/storage/database.ts'
import { admitValues } from '#server/storage/values/admit-values.ts'
import { createNewsHub } from '#server/streaming/news-hub.ts'
import { setNodeState } from '#server/system/node-state.ts'
import { ensurePartitions } from './partition-keeper.ts'
import { tree } from './tree.ts'

export interface NodeDeps {
  database: Database
  config: {
    version: string
    /** Where events wait while PostgreSQL is away; null: nowhere. */
    spool: { root: string; maxBytes: number } | null
  }
  /** Salts the hashes of affected users. */
  userSalt: Buffer
  log: {
    info(message: string, fields?: Record<string, unknown>): void
    error(message: string, fields?: Record<string, unknown>): void
  }
  /** The root gave up: the process should end. */
  onExhausted(error: unknown): void
}

export interface RunningNode {
  line: Line
  supervision: SupervisionHandle
  /** Nothing new, what waits is written, then everything ends. */
  stop(): Promise<void>
}

export function startNode({ database, userSalt, config, log, onExhausted }: NodeDeps): RunningNode {
  const clock = createDatabaseClock()
  const keys = createKeyCache(database.write)
  const limiter = createRateLimiter(database.write, {
    now: () => clock.now(),
    onAlone: (alone, error) =>
      alone
        ? log.error('Rate limits are counted by this node alone', { error })
        : log.info('Rate limits are shared by all nodes again'),
  })
  const tally = createOutcomeTally()
  const clientReports = createClientReportTally()
  const intake = createIntake()
  const caps = createValueCaps((values) => admitValues(database.write, values))
  const hub = createNewsHub((error) => log.error('A listener failed', { error }))
  const keeper = { pool: database.write, now: () => clock.now() }
  let touchedProjects = new Set<number>()
  const complain = ({ message, ...fields }: { message: string; [field: string]: unknown }) =>
    log.error(message, fields)
  const spool = config.spool ? createSpool({ ...config.spool, log: complain }) : null
  const write = async (batch: readonly Encoded[]) => {
    await caps.apply(batch)
    const verdicts = await writeBatch(database.write, batch)
    for (const event of batch) touchedProjects.add(event.projectId)
    return verdicts
  }
  const counters = { stored: 0, folded: 0, lastFoldMs: 0 }

  const line: Line = {
    keys,
    limiter,
    clock,
    intake,
    tally,
    clientReports,
    budget: createByteBudget(INFLIGHT_BUDGET_BYTES),
    async accept({ project, ...incoming }) {
      const stamped = stamp(clock.now(), project.retentionDays)
      const event = prepare({ ...incoming, state: 'received', project, stamp: stamped }, userSalt)
      const verdict = await intake.submit(event)
      // The writers count what they give up; what never got in is counted here.
      if (verdict === NO_ROOM) tally.count(project.id, 'overloaded', stamped.receivedAt)
      return { id: event.eventId, verdict }
    },
    open: true,
  }
  const supervision = supervise(
    tree({
      db: database.write,
      clock,
      keys,
      tally,
      clientReports,
      keeper,
      touched: (projectId) => touchedProjects.add(projectId),
      writer: {
        intake,
        tally,
        write,
        ensurePartitions: () => ensurePartitions(keeper),
        stored: (n) => {
          counters.stored += n
        },
        log: complain,
      },
      patience: { intake, tally, log: complain },
      spool: spool && {
        intake,
        spool,
        tally,
        write,
        ensurePartitions: () => ensurePartitions(keeper),
        answers: () => canAnswer(database.write, 1_000),
        now: () => clock.now(),
        log: complain,
      },
      folder: {
        db: database.write,
        now: () => performance.now(),
        takeTouched() {
          const taken = touchedProjects
          touchedProjects = new Set()
          return taken
        },
        folded(events, ms) {
          counters.folded += events
          counters.lastFoldMs = ms
        },
      },
      announcer: { db: database.write, hub },
    }),
    {
      onEvent(event) {
        if (event.type === 'crashed' || event.type === 'exhausted' || event.type === 'abandoned')
          log.error(`Process ${event.id} ${event.type}`, 'error' in event ? { error: event.error } : {})
      },
      onExhausted,
    },
  )
  let running = false
  void supervision.started.then(() => (running = true))
  void supervision.done.then(() => (running = false))
  setLine(line)
  setNodeState({
    version: config.version,
    startedAt: new Date(),
    tree: () => reported(supervision.state()),
    running: () => running && line.open,
    crash: (id) => supervision.crash(id, new Error('Injected fault')),
    intake: () => ({
      waiting: intake.waiting,
      waitingBytes: intake.waitingBytes,
      inFlightBytes: line.budget.used,
      budgetBytes: line.budget.total,
    }),
    spool: () => spool && reportedSpool(spool, intake.diverted),
    counters: () => ({ ...counters, announced: hub.announced }),
  })
  return {
    line,
    supervision,
    async stop() {
      line.open = false
      await supervision.stop()
      setLine(undefined)
    },
  }
}

function reportedSpool(spool: Spool, diverted: boolean): SystemProcesses['spool'] {
  const { oldest, ...state } = spool.state()
  return {
    ...state,
    status: diverted ? 'spooling' : state.events > 0 ? 'replaying' : 'empty',
    oldest: oldest === null ? null : new Date(oldest).toISOString(),
  }
}

/** The supervisor's words in the API's. */
const reported = ({ lastError, since, children, ...state }: Supervised): ProcessState => ({
  ...state,
  lastError: lastError?.message ?? null,
  since: since.toISOString(),
  children: children.map(reported),
})
