// The retention sweeper: hides and removes what a shortened retention made surplus, and closes the books of weeks that
// are over. What goes with its week is none of its work: that partition is dropped (partition-remover.ts).
//
// Each portion is one short transaction with its progress, so it may be killed at any moment and goes on where it was;
// of all nodes one at a time works on a portion. A sweep is begun by one statement that hides everything at once; what
// is then left to remove is in nobody's sight.
import { pause } from '#server/runtime/pause.ts'
import type { ChildSpec } from '#server/runtime/supervisor.ts'
import { utcDay } from '#server/domain/retention/expiry.ts'
import { keptSince } from '#server/domain/retention/change-retention.ts'
import { withTransaction, type Db } from '#server/storage/database.ts'
import { deleteSomeEvents, partitionsOf } from '#server/storage/erasing/delete-some.ts'
import { beginningOf } from '#server/storage/partitions/partitions.ts'
import { listChangedRetentions } from '#server/storage/retention/periods.ts'
import {
  beginSweep,
  hasUnfolded,
  holdFolding,
  lockNextSweep,
  markSwept,
  trySweeperLock,
} from '#server/storage/retention/sweeps.ts'
import { setLockTimeout } from '#server/storage/set-lock-timeout.ts'
import { setStatementTimeout } from '#server/storage/set-statement-timeout.ts'
import { closeWeeks, listProjectsToClose } from '#server/storage/storage-books/close-weeks.ts'
import { takeOff } from '#server/storage/storage-books/take-off.ts'

type Pool = Parameters<typeof withTransaction>[0]

const DAY_MS = 86_400_000

export interface SweeperDeps {
  pool: Pool
  /** PostgreSQL's clock, ms since the epoch. */
  now(): number
  log(line: { message: string; [field: string]: unknown }): void
  /** Tests cannot wait for these. */
  options?: Partial<SweeperOptions>
}
export interface SweeperOptions {
  /** Events of a portion: each brings its payload and its entries of five indexes. */
  events: number
  /** Rows of the books closed at a time. */
  rows: number
  idleMs: number
}

const OPTIONS: SweeperOptions = { events: 1_000, rows: 2_000, idleMs: 10_000 }
const PROJECTS_AT_ONCE = 500
/** After a portion that took so long, three times as long is left to the others. */
const REST = 3
const LEAST_REST_MS = 10
const LOCK_TIMEOUT_MS = 1_000
const STATEMENT_TIMEOUT_MS = 15_000
/** Somebody else holds a row, a deadlock was broken, or a partition has just been dropped: next time. */
const TRY_LATER = new Set(['55P03', '40P01', '42P01'])

export function retentionSweeper(deps: SweeperDeps): ChildSpec {
  const options = { ...OPTIONS, ...deps.options }
  return {
    id: 'retention-sweeper',
    restart: 'permanent',
    shutdownMs: 5_000,
    async start({ signal, ready }) {
      ready()
      while (!signal.aborted) {
        await sweepAll({ ...deps, options }, signal)
        // Right after midnight UTC, when the day of the rule moves, and otherwise now and then.
        const untilMidnight = DAY_MS - (deps.now() % DAY_MS)
        await pause(Math.min(options.idleMs, untilMidnight + 10), signal)
      }
    },
  }
}

/** Everything there is to do now; rests in between. Ends early with the signal, or when another node is at it. */
export async function sweepAll(deps: SweeperDeps, signal: AbortSignal): Promise<void> {
  const options = { ...OPTIONS, ...deps.options }
  const today = utcDay(new Date(deps.now()))
  await hideSurplus(deps.pool, today)
  const steps = [
    (after: number) => sweepPortion(deps.pool, { after, today, limit: options.events }),
    closer(deps.pool, { today, limit: options.rows }),
  ]
  for (const step of steps) {
    let after = 0
    while (!signal.aborted) {
      const began = performance.now()
      const done = await step(after).catch(tryLater(deps))
      if (done === 'none') break
      after = done.finished ? done.projectId : done.projectId - 1
      if (done.waiting) after = done.projectId
      await pause(Math.max(LEAST_REST_MS, (performance.now() - began) * REST), signal)
    }
  }
}

const tryLater =
  ({ log }: SweeperDeps) =>
  (error: unknown): 'none' => {
    if (!TRY_LATER.has(String((error as { code?: unknown }).code))) throw error
    log({ message: 'Events past their retention are removed later', error })
    return 'none'
  }

/** Moves the day before which a project shows nothing, for those whose retention was changed. */
async function hideSurplus(pool: Pool, today: string): Promise<void> {
  for (let after = 0; ;) {
    const rows = await listChangedRetentions(pool, { after, limit: PROJECTS_AT_ONCE })
    for (const row of rows) {
      const before = keptSince(row, today)
      if (row.retainedSince !== null && row.retainedSince >= before) continue
      await withTransaction(pool, (db) => beginSweep(db, { projectId: row.projectId, before, today }))
    }
    if (rows.length < PROJECTS_AT_ONCE) return
    after = rows.at(-1)!.projectId
  }
}

type Portion = 'none' | { projectId: number; finished: boolean; waiting?: boolean }

async function sweepPortion(
  pool: Pool,
  { after, today, limit }: { after: number; today: string; limit: number },
): Promise<Portion> {
  return withTransaction(pool, async (db) => {
    await setBounds(db)
    if (!(await trySweeperLock(db))) return 'none'
    const sweep = await lockNextSweep(db, after)
    if (!sweep) return 'none'
    const { projectId, before } = sweep
    await holdFolding(db, projectId)
    if (await hasUnfolded(db, sweep)) return { projectId, finished: false, waiting: true }
    let left = limit
    for (const partition of await partitionsOf(db, 'event')) {
      // Those are dropped whole.
      if (beginningOf(partition) <= today) continue
      const gone = await deleteSomeEvents(db, {
        ...{ partition, before, limit: left },
        where: { project_id: projectId },
      })
      await takeOff(db, projectId, gone)
      for (const { events } of gone) left -= events
      if (left <= 0) break
    }
    const finished = left > 0
    await markSwept(db, { projectId, removed: limit - left, finished })
    return { projectId, finished }
  })
}

/** Closes the books project by project, each until nothing is left. */
function closer(pool: Pool, { today, limit }: { today: string; limit: number }) {
  let projects: number[] | undefined
  return async (after: number): Promise<Portion> => {
    projects ??= await listProjectsToClose(pool, today)
    const projectId = projects.find((id) => id > after)
    if (projectId === undefined) return 'none'
    return withTransaction(pool, async (db) => {
      await setBounds(db)
      if (!(await trySweeperLock(db))) return 'none'
      await holdFolding(db, projectId)
      const closed = await closeWeeks(db, { projectId, today, limit })
      return { projectId, finished: closed === 0 }
    })
  }
}

async function setBounds(db: Db): Promise<void> {
  await setLockTimeout(db, LOCK_TIMEOUT_MS)
  await setStatementTimeout(db, STATEMENT_TIMEOUT_MS)
}
