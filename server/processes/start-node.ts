// A node: the parts of the line, wired, and the supervision tree that runs them. In: the database and configuration;
// out: a handle. Boot calls it; the tests and the demo do too.
import { INFLIGHT_BUDGET_BYTES } from '#shared/constants/limits.ts'
import { createDatabaseClock } from '#server/domain/ingest/clock.ts'
import { createRateLimiter } from '#server/domain/ingest/rate-limiter.ts'
import { stamp } from '#server/domain/ingest/stamp.ts'
import { createKeyCache, type IngestProject } from '#server/domain/projects/key-cache.ts'
import { createByteBudget } from '#server/pipeline/byte-budget.ts'
import { createClientReportTally } from '#server/pipeline/client-reports.ts'
import { createIntake, NO_ROOM } from '#server/pipeline/intake.ts'
import { setLine, type Line } from '#server/pipeline/line.ts'
import { createOutcomeTally, noOutcomes } from '#server/pipeline/outcome.ts'
import type { Encoded } from '#server/pipeline/event-states.ts'
import { createValueCaps } from '#server/pipeline/value-caps.ts'
import { count, prepare } from '#server/pipeline/pipeline.ts'
import { createPreparers } from '#server/pipeline/preparers.ts'
import { writeBatch } from '#server/pipeline/stages/write.ts'
import { createGate, type Gate } from '#server/runtime/gate.ts'
import {
  supervise,
  type ProcessState as Supervised,
  type SupervisionHandle,
} from '#server/runtime/supervisor.ts'
import { OUTCOMES } from '#shared/constants/outcomes.ts'
import type { ProcessState, SystemProcesses } from '#shared/schemas/system.ts'
import { connectNode, type MeshOptions } from '#server/mesh/node.ts'
import { createSpool, type Spool } from '#server/spool/spool.ts'
import { canAnswer } from '#server/storage/system/can-answer.ts'
import type { Database } from '#server/storage/database.ts'
import { admitValues } from '#server/storage/values/admit-values.ts'
import { setLiveHub } from '#server/streaming/live.ts'
import { createLiveHub } from '#server/streaming/live-hub.ts'
import { measures } from '#server/system/measures.ts'
import { setNodeState } from '#server/system/node-state.ts'
import { markUnreported, noteOwnFault } from '#server/system/own-faults.ts'
import { ownIndex } from '#server/system/siblings.ts'
import type { LastKnown } from './last-known.ts'
import { createFoldLag } from './fold-lag.ts'
import { createHealth } from './health.ts'
import { createEventRouter } from './event-router.ts'
import { createLivePublisher } from './live-publisher.ts'
import { createLiveRooms } from './live-rooms.ts'
import { meshStore } from './mesh-store.ts'
import { createNodeReporter, reportedNodes } from './node-report.ts'
import { ensurePartitions } from './partition-keeper.ts'
import { tree } from './tree.ts'
import { classify } from './writer.ts'

export interface NodeDeps {
  database: Database
  config: {
    version: string
    /** Where events wait while PostgreSQL is away; null: nowhere. */
    spool: { root: string; maxBytes: number } | null
    /** Threads that prepare events, and their program; absent: events are prepared in this thread alone. */
    preparers?: { threads: number; program: URL }
    /** Where the keys are kept for a start while PostgreSQL is away; absent: nowhere. */
    lastKnownFile?: string
    /** Whose disk is watched; absent: none. */
    dataDir?: string
    /** What the database must have; absent: nobody looks. */
    migration?: string
    /** The database is on this machine and so, very likely, on this disk. */
    databaseIsHere?: boolean
    /** What links begin with; without a trailing slash. */
    publicUrl: string
    /** Webhooks may go to this machine and to private networks. */
    webhookPrivate: boolean
    /** How other nodes on the same database find this one; absent: it stays alone. */
    mesh?: Pick<MeshOptions, 'name' | 'secret' | 'listen'>
  }
  /** Opens when the database may be used: until then what comes goes to the spool. Absent: it may from the start. */
  databaseGate?: Gate
  /** What is believed until then. */
  lastKnown?: Pick<LastKnown, 'clockOffsetMs' | 'keys'>
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
  /** It says that it is not ready, gets nothing more from other nodes, and goes on. */
  drain(): Promise<void>
  /** Nothing new, what waits is written, then everything ends. */
  stop(): Promise<void>
}

export function startNode(deps: NodeDeps): RunningNode {
  const { database, userSalt, config, log, onExhausted, databaseGate = createGate(true), lastKnown } = deps
  const clock = createDatabaseClock()
  if (lastKnown) clock.correct(lastKnown.clockOffsetMs)
  const keys = createKeyCache(database.write, undefined, {
    lastKnown: lastKnown?.keys,
    mayAsk: () => databaseGate.isOpen,
  })
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
  // The replayer opens it again.
  if (!databaseGate.isOpen) intake.divert()
  const caps = createValueCaps((values) => admitValues(database.write, values))
  const mesh = connectNode({
    ...(config.mesh ?? NO_MESH),
    version: config.version,
    store: meshStore(database.control),
    process: (kind, id, bytes) => router.process(kind, id, bytes),
    describe: () => report(),
    log,
  })
  const router = createEventRouter({ mesh, intake, tally, now: () => clock.now() })
  const liveRooms = createLiveRooms(mesh, (projectId, events) => liveHub.publishEvents(projectId, events))
  const liveHub = createLiveHub((error) => log.error('A live listener failed', { error }), liveRooms)
  const live = createLivePublisher({
    ...{ db: database.read, hub: liveHub, elsewhere: liveRooms, log: log.error },
  })
  const folding = createFoldLag()
  let touchedProjects = new Set<number>()
  const touch = (projectId: number) => {
    touchedProjects.add(projectId)
    folding.touched()
  }
  const written = noOutcomes()
  const complain = ({ message, ...fields }: { message: string; [field: string]: unknown }) =>
    log.error(message, fields)
  const keeper = { pool: database.write, now: () => clock.now(), log: complain }
  const spool = config.spool ? createSpool({ ...config.spool, log: complain }) : null
  const write = async (batch: readonly Encoded[]) => {
    await caps.apply(batch)
    const began = performance.now()
    const verdicts = await writeBatch(database.write, batch).catch((error: unknown) => {
      noteBatchFault(error, batch)
      throw error
    })
    measures.batchSeconds.observe((performance.now() - began) / 1_000)
    measures.batchEvents.observe(batch.length)
    for (const { outcome } of verdicts) written[outcome]++
    for (const event of batch) touch(event.projectId)
    live.stored(batch, verdicts)
    return verdicts
  }
  const preparers = createPreparers(userSalt)
  /** Where this node's own faults go. */
  let selfProjectId: number | null = null
  /** What is the database's or the machine's is told elsewhere; what came of reporting a fault is not told at all. */
  function noteBatchFault(error: unknown, batch: readonly Encoded[]) {
    if (batch.some((event) => event.projectId === selfProjectId)) markUnreported(error)
    else if (isOurs(error)) noteOwnFault({ kind: 'batch', error, about: `a batch of ${batch.length}` })
  }
  const counters = { stored: 0, folded: 0, lastFoldMs: 0, announced: 0 }

  const stampOf = ({ retentionDays, retentionBefore }: IngestProject) =>
    stamp(clock.now(), retentionDays, retentionBefore)

  const line: Line = {
    keys,
    limiter,
    clock,
    intake,
    tally,
    clientReports,
    budget: createByteBudget(INFLIGHT_BUDGET_BYTES),
    async accept(incoming, content) {
      const stamped = stampOf(incoming.project)
      const received = { ...incoming, stamp: stamped }
      if ('payload' in content) {
        const event = prepare({ ...received, ...content, state: 'received' }, userSalt)
        return line.submit(count(event, incoming.project))
      }
      const [event] = await preparers.run({ ...received, form: 'one' }, content.json)
      if (event instanceof Error) throw event
      return line.submit(count(event!, incoming.project)) // a body in this form has one
    },
    async prepareBulk(incoming, body, form) {
      const stamped = stampOf(incoming.project)
      const prepared = await preparers.run({ ...incoming, stamp: stamped, form }, body)
      for (const event of prepared) if (!(event instanceof Error)) count(event, incoming.project)
      return prepared
    },
    async submit(event) {
      const verdict = await router.submit(event)
      // The writers count what they give up; what never got in is counted here.
      if (verdict === NO_ROOM) tally.count(event.projectId, 'overloaded', event.stamp.receivedAt)
      return { id: event.eventId, verdict }
    },
    open: true,
  }
  const report = createNodeReporter({
    ...{ mesh, router, stored: () => counters.stored },
    rest: () => ({
      tree: reported(supervision.state()),
      intake: { waiting: intake.waiting, waitingBytes: intake.waitingBytes },
      spooled: spool?.state().events ?? 0,
    }),
  })
  const supervision = supervise(
    tree({
      db: database.write,
      database: databaseGate,
      clock,
      keys,
      tally,
      clientReports,
      keeper,
      touched: touch,
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
      preparers: { ...(config.preparers ?? { threads: 0, program: null }), preparers, userSalt },
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
      lastKnown:
        config.spool && config.lastKnownFile !== undefined
          ? { db: database.write, clock, userSalt, file: config.lastKnownFile, log: complain }
          : null,
      folder: {
        db: database.write,
        now: () => performance.now(),
        takeTouched() {
          const taken = touchedProjects
          touchedProjects = new Set()
          folding.began()
          return taken
        },
        folded(events, ms) {
          folding.ended()
          if (events === 0) return
          counters.folded += events
          counters.lastFoldMs = ms
        },
      },
      eraser: { pool: database.write, now: () => performance.now(), log: complain },
      upkeep: { pool: database.write, now: () => clock.now(), log: complain },
      announcer: { db: database.write, live, announced: (n) => (counters.announced += n) },
      liveCounter: { db: database.read, hub: liveHub, now: () => clock.now() },
      selfReporter: {
        db: database.read,
        keys,
        accept: (incoming, content) => line.accept(incoming, content),
        version: config.version,
        server: ownIndex(),
        chosen: (projectId) => (selfProjectId = projectId),
      },
      deliverer: {
        db: database.write,
        now: () => clock.now(),
        publicUrl: config.publicUrl,
        allowPrivate: config.webhookPrivate,
      },
      mesh: { processes: config.mesh ? mesh.processes : [], look: () => router.loads.look() },
    }),
    {
      onEvent(event) {
        if (event.type === 'crashed' || event.type === 'exhausted' || event.type === 'abandoned')
          log.error(`Process ${event.id} ${event.type}`, 'error' in event ? { error: event.error } : {})
        if ((event.type === 'crashed' || event.type === 'exhausted') && isOurs(event.error))
          noteOwnFault({ kind: 'process', error: event.error, about: `process ${event.id}` })
      },
      onExhausted,
    },
  )
  let running = false
  let draining = false
  void supervision.started.then(() => (running = true))
  void supervision.done.then(() => (running = false))
  setLine(line)
  setLiveHub(liveHub)
  setNodeState({
    version: config.version,
    startedAt: new Date(),
    tree: () => reported(supervision.state()),
    running: () => running && line.open && !draining,
    crash: (id) => supervision.crash(id, new Error('Injected fault')),
    intake: () => ({
      waiting: intake.waiting,
      waitingBytes: intake.waitingBytes,
      inFlightBytes: line.budget.used,
      budgetBytes: line.budget.total,
    }),
    spool: () => spool && reportedSpool(spool, intake.diverted),
    health: createHealth({
      db: database.read,
      migration: config.migration,
      dataDir: config.dataDir,
      databaseIsHere: config.databaseIsHere ?? false,
      running: () => running && line.open && !draining,
      spoolProblem: () => spool?.state().problem,
      diverted: () => intake.diverted,
      now: () => clock.now(),
    }),
    outcomes: () => {
      const sums = { ...tally.totals }
      for (const outcome of OUTCOMES) sums[outcome] += written[outcome]
      return sums
    },
    foldLagSeconds: () => folding.seconds(),
    pools: () =>
      (['read', 'write'] as const).map((name) => {
        const { totalCount: total, idleCount: idle, waitingCount: waiting } = database[name]
        return { name, total, idle, waiting }
      }),
    counters: () => ({ ...counters }),
    nodes: () => reportedNodes(mesh),
  })
  return {
    line,
    supervision,
    async drain() {
      draining = true
      await mesh.leave()
    },
    async stop() {
      line.open = false
      await supervision.stop()
      setLine(undefined)
      setLiveHub(undefined)
    },
  }
}

/** A fault of the program, and not of a database or a disk that is away. */
function isOurs(error: unknown): boolean {
  const kind = classify(error)
  if (kind !== 'data' && kind !== 'unknown') return false
  const { cause } = (error ?? {}) as { cause?: unknown }
  return cause === undefined || isOurs(cause)
}

const NO_MESH: NonNullable<NodeDeps['config']['mesh']> = {
  name: 'alone',
  secret: () => '',
  listen: { host: '127.0.0.1', port: 0, advertisedHost: '127.0.0.1' },
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
