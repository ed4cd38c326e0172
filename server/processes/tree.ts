// The supervision tree of a node, drawn as one list. Who restarts whom, and how often is too often, is read here.
//
// The keepers are ready before the line starts, and fall alone: while PostgreSQL is away they do, and what stores and
// spools must go on. The intake itself is a mailbox that survives them all, and so does the spool.
import type { ChildSpec, SupervisorSpec } from '#server/runtime/supervisor.ts'
import { behind, type Gate } from '#server/runtime/gate.ts'
import { alerter } from './alerter.ts'
import { announcer, type AnnouncerDeps } from './announcer.ts'
import { deliverer, type DelivererDeps } from './deliverer.ts'
import { eraser, type EraserDeps } from './eraser.ts'
import { folder, type FolderDeps } from './folder.ts'
import { selfReporter, type SelfReporterDeps } from './self-reporter.ts'
import { lastKnownKeeper, type LastKnownKeeperDeps } from './last-known.ts'
import { liveCounter, type LiveCounterDeps } from './live-counter.ts'
import { partitionKeeper, type KeeperDeps } from './partition-keeper.ts'
import { partitionRemover, type RemoverDeps } from './partition-remover.ts'
import { patience, type PatienceDeps } from './patience.ts'
import { preparer, type PreparerDeps } from './preparer.ts'
import { replayer, type ReplayerDeps } from './replayer.ts'
import { retentionSweeper, type SweeperDeps } from './retention-sweeper.ts'
import { rollupKeeper, type RollupKeeperDeps } from './rollup-keeper.ts'
import { spooler, spoolKeeper, type SpoolerDeps } from './spooler.ts'
import {
  alertSweeper,
  clockKeeper,
  janitor,
  keyRefresher,
  keyUseRecorder,
  outcomeFlusher,
  unarchiver,
} from './upkeep.ts'
import { writer, type WriterDeps } from './writer.ts'
import { recurring } from './recurring.ts'
import type { DatabaseClock } from '#server/domain/ingest/clock.ts'
import type { KeyCache } from '#server/domain/projects/key-cache.ts'
import type { ClientReportTally } from '#server/pipeline/client-reports.ts'
import type { OutcomeTally } from '#server/pipeline/outcome.ts'
import type { Db } from '#server/storage/database.ts'

export interface TreeDeps {
  db: Db
  /** Open once the database may be used: what needs it begins behind. The others accept and spool meanwhile. */
  database: Gate
  clock: DatabaseClock
  keys: KeyCache
  tally: OutcomeTally
  clientReports: ClientReportTally
  keeper: KeeperDeps
  /** No threads, no program: events are prepared where the requests are. */
  preparers: Omit<PreparerDeps, 'program'> &
    ({ threads: number; program: URL } | { threads: 0; program: null })
  patience: Omit<PatienceDeps, 'spools'>
  /** Null: no spool. */
  spool: (SpoolerDeps & ReplayerDeps) | null
  /** Null: nothing is kept for a start without PostgreSQL. */
  lastKnown: LastKnownKeeperDeps | null
  writer: WriterDeps
  folder: FolderDeps
  eraser: EraserDeps
  upkeep: SweeperDeps & RemoverDeps & RollupKeeperDeps
  announcer: AnnouncerDeps
  liveCounter: LiveCounterDeps
  selfReporter: SelfReporterDeps
  deliverer: DelivererDeps
  mesh: {
    /** Of the node's place in the mesh; none: it is never part of one. */
    processes: readonly ChildSpec[]
    /** Calls helpers for projects under load. */
    look(): void
  }
  touched(projectId: number): void
}

const LOOK_EVERY_MS = 500
/** Two writers: a full batch commits while the next is sent. More only wait for the same disk. */
const WRITERS = ['writer-1', 'writer-2']
// While PostgreSQL is away children fall and come back slowly: the budget must outlast a restart of the database.
const backoff = { initialMs: 100, maxMs: 5_000, factor: 2, jitter: 0.2 }
const budget = { maxRestarts: 100, withinMs: 60_000, backoff }

/** Stopped before the writers: what they still prepare is written. */
const threadsOf = ({ threads, program, ...deps }: TreeDeps['preparers']): ChildSpec[] =>
  program
    ? Array.from({ length: threads }, (_, i) => preparer(`preparer-${i + 1}`, { ...deps, program }))
    : []

export const tree = (deps: TreeDeps): SupervisorSpec => plan(deps, (spec) => behind(deps.database, spec))

const plan = (deps: TreeDeps, stored: (spec: ChildSpec) => ChildSpec): SupervisorSpec => ({
  id: 'node',
  strategy: 'one_for_one',
  maxRestarts: 10,
  withinMs: 60_000,
  backoff,
  children: [
    {
      id: 'keepers',
      strategy: 'one_for_one',
      ...budget,
      children: [
        clockKeeper(deps.db, deps.clock),
        partitionKeeper(deps.keeper),
        keyRefresher(deps.keys),
        ...(deps.lastKnown ? [lastKnownKeeper(deps.lastKnown)] : []),
      ].map(stored),
    },
    {
      // Stopped from the last to the first: what the writers can no longer store, the spooler still keeps.
      id: 'line',
      strategy: 'one_for_one',
      ...budget,
      children: [
        ...(deps.spool ? [spoolKeeper(deps.spool.spool)] : []),
        patience({ ...deps.patience, spools: deps.spool !== null }),
        ...(deps.spool ? [spooler(deps.spool), stored(replayer(deps.spool))] : []),
        ...WRITERS.map((id, i) => stored(writer(id, deps.writer, i > 0))),
        ...threadsOf(deps.preparers),
      ],
    },
    {
      id: 'books',
      strategy: 'one_for_one',
      ...budget,
      children: [
        folder(deps.folder),
        outcomeFlusher(deps),
        keyUseRecorder(deps),
        unarchiver(deps.db),
        alertSweeper(deps.db),
        janitor(deps.db, deps.clock),
        eraser(deps.eraser),
        retentionSweeper(deps.upkeep),
        partitionRemover(deps.upkeep),
        rollupKeeper(deps.upkeep),
      ].map(stored),
    },
    {
      id: 'news',
      strategy: 'one_for_one',
      ...budget,
      children: [
        announcer(deps.announcer),
        alerter(deps.db),
        liveCounter(deps.liveCounter),
        selfReporter(deps.selfReporter),
      ].map(stored),
    },
    {
      // Apart: whatever targets do, news inside the house goes on.
      id: 'outside',
      strategy: 'one_for_one',
      ...budget,
      children: [stored(deliverer(deps.deliverer))],
    },
    // Stopped before all others: what comes back from other nodes is still written.
    ...(deps.mesh.processes.length > 0
      ? [
          {
            id: 'mesh',
            strategy: 'one_for_one' as const,
            ...budget,
            children: [
              ...deps.mesh.processes,
              recurring('helper-caller', LOOK_EVERY_MS, async () => deps.mesh.look()),
            ].map(stored),
          },
        ]
      : []),
  ],
})
