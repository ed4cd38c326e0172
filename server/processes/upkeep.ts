// The small recurring jobs of a node, each its own process so that one that falls takes nothing with it.
import { pause } from '#server/runtime/pause.ts'
import type { ChildSpec } from '#server/runtime/supervisor.ts'
import type { DatabaseClock } from '#server/domain/ingest/clock.ts'
import type { KeyCache } from '#server/domain/projects/key-cache.ts'
import type { ClientReportTally } from '#server/pipeline/client-reports.ts'
import type { OutcomeTally } from '#server/pipeline/outcome.ts'
import { deleteOldAttempts } from '#server/storage/accounts/charge-attempt.ts'
import { deleteOldClientReports } from '#server/storage/client-reports/delete-old-client-reports.ts'
import { deleteOldCounts } from '#server/storage/alerts/delete-old-counts.ts'
import { markQuiet } from '#server/storage/alerts/mark-quiet.ts'
import { insertClientReports } from '#server/storage/client-reports/insert-client-reports.ts'
import { insertOutcomes } from '#server/storage/deltas/insert-outcomes.ts'
import { markDueUnarchived } from '#server/storage/issues/mark-due-unarchived.ts'
import { deleteSilentNodes } from '#server/storage/mesh/delete-silent-nodes.ts'
import { deleteOldOperations } from '#server/storage/issues/operations.ts'
import { deleteOldWindows } from '#server/storage/rate-windows/delete-old-windows.ts'
import { markKeysUsed } from '#server/storage/projects/mark-keys-used.ts'
import { forgetValues } from '#server/storage/values/admit-values.ts'
import { deleteExpired } from '#server/storage/system/delete-expired.ts'
import { sweepDeliveries } from '#server/storage/webhooks/deliveries.ts'
import { measureClock } from '#server/storage/system/measure-clock.ts'
import type { Db } from '#server/storage/database.ts'
import { recurring } from './recurring.ts'

/** Keeps this node's idea of PostgreSQL's clock right. */
export const clockKeeper = (db: Db, clock: DatabaseClock): ChildSpec =>
  recurring('clock', 30_000, async () => clock.correct(await measureClock(db)))

/** Rereads the DSN keys in use: what is disabled is refused within 5 s. */
export const keyRefresher = (keys: KeyCache): ChildSpec =>
  recurring('key-refresher', 2_000, () => keys.refresh())

/** Brings back issues whose archiving was until a date: this late at most. Any number of nodes may do it at once. */
export const unarchiver = (db: Db): ChildSpec =>
  recurring('unarchiver', 10_000, async () => {
    while ((await markDueUnarchived(db)) > 0);
  })

/** Resolves alerts that were quiet for their window: this late at most. Any number of nodes may do it at once. */
export const alertSweeper = (db: Db): ChildSpec =>
  recurring('alert-sweeper', 5_000, async () => {
    while ((await markQuiet(db)) > 0);
  })

/** The longest window of the sign-in throttle is far shorter. */
const ATTEMPTS_KEPT_SECONDS = 86_400

/** Removes receipts, news, reports of SDKs, sign-in attempts, rate windows, remembered values, undos, counts of rules, lost nodes and deliveries that had their time. */
export const janitor = (db: Db, clock: DatabaseClock): ChildSpec =>
  recurring('janitor', 60_000, async () => {
    await deleteOldAttempts(db, ATTEMPTS_KEPT_SECONDS)
    await forgetValues(db)
    await deleteOldWindows(db)
    await deleteSilentNodes(db)
    while ((await deleteExpired(db, clock.now())) > 0);
    while ((await deleteOldClientReports(db)) > 0);
    while ((await deleteOldOperations(db)) > 0);
    while ((await deleteOldCounts(db)) > 0);
    while ((await sweepDeliveries(db)) > 0);
  })

/** A minute: so late a key's last use is shown at most, and so seldom its row is written. */
const KEY_USES_MS = 60_000

/** Writes down which DSN keys were used, all in one statement, and once more at the end. */
export function keyUseRecorder(
  { db, keys }: { db: Db; keys: Pick<KeyCache, 'takeUsed' | 'giveBackUsed'> },
  everyMs = KEY_USES_MS,
): ChildSpec {
  return {
    id: 'key-use-recorder',
    restart: 'permanent',
    shutdownMs: 5_000,
    async start({ signal, ready }) {
      ready()
      while (!signal.aborted) {
        await pause(everyMs, signal)
        const used = keys.takeUsed()
        if (used.length === 0) continue
        try {
          await markKeysUsed(db, used)
        } catch (error) {
          keys.giveBackUsed(used)
          throw error
        }
      }
    },
  }
}

export interface FlusherDeps {
  db: Db
  tally: OutcomeTally
  clientReports: ClientReportTally
  touched(projectId: number): void
}

/** Writes down what the doors refused and what SDKs reported, each second and once more at the end. */
export function outcomeFlusher({ db, tally, clientReports, touched }: FlusherDeps): ChildSpec {
  const flush = async () => {
    await flushTally(tally, async (counts) => {
      await insertOutcomes(db, counts)
      for (const count of counts) touched(count.projectId)
    })
    await flushTally(clientReports, (counts) => insertClientReports(db, counts))
  }
  return {
    id: 'outcome-flusher',
    restart: 'permanent',
    shutdownMs: 5_000,
    async start({ signal, ready }) {
      ready()
      while (!signal.aborted) {
        await pause(1_000, signal)
        await flush()
      }
    },
  }
}

/** What could not be written is counted again at the next try. */
async function flushTally<Count>(
  tally: { take(): Count[]; giveBack(counts: readonly Count[]): void },
  write: (counts: readonly Count[]) => Promise<void>,
): Promise<void> {
  const counts = tally.take()
  if (counts.length === 0) return
  try {
    await write(counts)
  } catch (error) {
    tally.giveBack(counts)
    throw error
  }
}
