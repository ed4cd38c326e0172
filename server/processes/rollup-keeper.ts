// The rollup keeper: makes old counts coarser and removes what is kept for a while only (design §4). By age: counts of a
// project by the minute go after two days; verdicts by the minute become quarters of an hour after two days; quarters and
// hours of projects, groups and values become days after 13 months; affected users go 90 days after they were last seen,
// and their number stays. Each step is a short transaction of its own, a bounded number of rows, with its place.
import { pause } from '#server/runtime/pause.ts'
import type { ChildSpec } from '#server/runtime/supervisor.ts'
import { withTransaction, type Db } from '#server/storage/database.ts'
import { listPartitions, monthEnd } from '#server/storage/partitions/partitions.ts'
import { deleteOldMinutes, deleteOldUsers } from '#server/storage/rollups/delete-old-rollups.ts'
import {
  countBlocks,
  findFirstOutcome,
  findFoldPlace,
  foldBlocks,
  FOLDED_TABLES,
  foldOutcomeMinutes,
  markFoldPlace,
  tryRollupLock,
  type FoldedTable,
} from '#server/storage/rollups/fold-rollups.ts'
import { setLockTimeout } from '#server/storage/set-lock-timeout.ts'
import { utcDay } from '#server/domain/retention/expiry.ts'

type Pool = Parameters<typeof withTransaction>[0]

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const INTERVAL_MS = 10 * MINUTE_MS
const MINUTES_KEPT_MS = 2 * DAY_MS
/** Charts go back 400 days: what they show is as fine as it was. */
const FINE_KEPT_DAYS = 400
const USERS_KEPT_DAYS = 90
/** About ten thousand rows. */
const BLOCKS_AT_ONCE = 100
const SPAN_MS = HOUR_MS
/** Of outcomes in a step: a day's, or fewer when there are many. */
const SPANS_AT_ONCE = 24
const ROWS_AT_ONCE = 5_000
const LOCK_TIMEOUT_MS = 1_000
/** Somebody else holds a row, a deadlock was broken, or a partition has just been dropped: next time. */
const TRY_LATER = new Set(['55P03', '40P01', '42P01'])

export interface RollupKeeperDeps {
  pool: Pool
  /** PostgreSQL's clock, ms since the epoch. */
  now(): number
  log(line: { message: string; [field: string]: unknown }): void
}

export function rollupKeeper(deps: RollupKeeperDeps): ChildSpec {
  return {
    id: 'rollup-keeper',
    restart: 'permanent',
    shutdownMs: 5_000,
    async start({ signal, ready }) {
      ready()
      while (!signal.aborted) {
        await keepRollups(deps, signal)
        await pause(INTERVAL_MS, signal)
      }
    },
  }
}

/** Everything there is to do now. */
export async function keepRollups({ pool, now, log }: RollupKeeperDeps, signal: AbortSignal): Promise<void> {
  const at = now()
  const steps: (() => Promise<boolean>)[] = [
    () => inTurn(pool, async (db) => (await deleteOldMinutes(db, new Date(at - MINUTES_KEPT_MS))) > 0),
    () =>
      inTurn(
        pool,
        async (db) => (await deleteOldUsers(db, utcDay(new Date(at - USERS_KEPT_DAYS * DAY_MS)))) > 0,
      ),
    () => inTurn(pool, (db) => foldOutcomesBefore(db, at - MINUTES_KEPT_MS)),
  ]
  for (const table of FOLDED_TABLES)
    for (const partition of await listPartitions(pool, table))
      if (monthEnd(partition).getTime() <= at - FINE_KEPT_DAYS * DAY_MS)
        steps.push(() => inTurn(pool, (db) => foldMonth(db, table, partition)))
  for (const step of steps)
    try {
      // A breath in between: there is no hurry.
      while (!signal.aborted && (await step())) await pause(10, signal)
    } catch (error) {
      if (!TRY_LATER.has(String((error as { code?: unknown }).code))) throw error
      log({ message: 'Old counts are folded later', error })
    }
}

/** A step, if no other node is at one. @returns whether there is more to do */
const inTurn = (pool: Pool, step: (db: Db) => Promise<boolean>): Promise<boolean> =>
  withTransaction(pool, async (db) => {
    await setLockTimeout(db, LOCK_TIMEOUT_MS)
    return (await tryRollupLock(db)) && step(db)
  })

async function foldOutcomesBefore(db: Db, before: number): Promise<boolean> {
  const name = 'outcome_minute'
  const place = await findFoldPlace(db, name)
  // Hours in which nothing happened are skipped.
  const from = await findFirstOutcome(db, place.foldedTo)
  if (from === null) return false
  let start = Math.floor(from.getTime() / SPAN_MS) * SPAN_MS
  let folded = 0
  let spans = 0
  for (; spans < SPANS_AT_ONCE && folded < ROWS_AT_ONCE && start + SPAN_MS <= before; spans++) {
    folded += await foldOutcomeMinutes(db, { from: new Date(start), to: new Date(start + SPAN_MS) })
    start += SPAN_MS
  }
  if (spans > 0) await markFoldPlace(db, name, { ...place, foldedTo: new Date(start) })
  return spans > 0
}

async function foldMonth(db: Db, table: FoldedTable, partition: string): Promise<boolean> {
  const place = await findFoldPlace(db, partition)
  if (place.finished) return false
  const blocks = await countBlocks(db, partition)
  const to = Math.min(place.nextBlock + BLOCKS_AT_ONCE, blocks)
  await foldBlocks(db, { table, partition, from: place.nextBlock, to })
  const finished = to >= blocks
  await markFoldPlace(db, partition, { ...place, nextBlock: to, finished })
  return !finished
}
