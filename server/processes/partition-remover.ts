// The partition remover: routine retention. A week of events that is over for all projects is one partition, detached
// and dropped whole; months of counts by the minute likewise. Nobody waits for it: it asks for no lock that writers or
// readers mind, and gives up after two seconds behind a long reader, to come back.
import { pause } from '#server/runtime/pause.ts'
import type { ChildSpec } from '#server/runtime/supervisor.ts'
import {
  beginningOf,
  detachPartition,
  dropPartition,
  findDetachPending,
  listDetached,
  listPartitions,
} from '#server/storage/partitions/partitions.ts'
import { withRemoverLock } from '#server/storage/partitions/with-remover-lock.ts'

type Pool = Parameters<typeof withRemoverLock>[0]

const DAY_MS = 86_400_000
const INTERVAL_MS = 10 * 60_000
/** Behind a long reader: again this soon. */
const RETRY_MS = 15_000
const LOCK_TIMEOUT_MS = 2_000
/**
 * A week of events is in nobody's sight from its Monday on. A day later no node's clock, and no batch on its way, can
 * still mean it.
 */
const EVENTS_GRACE_DAYS = 1
/**
 * Counts by the minute are for two days (rollup-keeper.ts); a month is over 31 days after it began, or sooner, and 15 days
 * later the partition keeper wants it no more.
 */
const MINUTES_KEPT_DAYS = 31 + 15 + 2
/** A reader in the way (55P03), or another node at the same (55000: one is being detached; 42P01: gone already). */
const TRY_LATER = new Set(['55P03', '55000', '42P01', '40P01', '57014'])

export interface RemoverDeps {
  pool: Pool
  /** PostgreSQL's clock, ms since the epoch. */
  now(): number
  log(line: { message: string; [field: string]: unknown }): void
  lockTimeoutMs?: number
}

const OVER: readonly { table: string; days: number }[] = [
  { table: 'event', days: EVENTS_GRACE_DAYS },
  { table: 'rollup_project_minute', days: MINUTES_KEPT_DAYS },
]

export function partitionRemover(deps: RemoverDeps): ChildSpec {
  return {
    id: 'partition-remover',
    restart: 'permanent',
    shutdownMs: 5_000,
    async start({ signal, ready }) {
      ready()
      while (!signal.aborted) {
        const done = await removePartitions(deps)
        await pause(done ? INTERVAL_MS : RETRY_MS, signal)
      }
    },
  }
}

/** Removes what is over. @returns false: something stood in the way, and it is to be called again soon */
export async function removePartitions({ pool, now, log, lockTimeoutMs }: RemoverDeps): Promise<boolean> {
  let done = true
  for (const { table, days } of OVER) {
    const lastDay = new Date(now() - days * DAY_MS).toISOString().slice(0, 10)
    const isOver = (name: string) => beginningOf(name) <= lastDay
    const attached = [...(await listPartitions(pool, table))].filter(isOver).sort()
    const pending = await findDetachPending(pool, table)
    const detached = (await listDetached(pool, table)).filter(isOver)
    if (attached.length === 0 && pending === null && detached.length === 0) continue
    try {
      await withRemoverLock(pool, lockTimeoutMs ?? LOCK_TIMEOUT_MS, async (client) => {
        if (pending !== null) await detachPartition(client, table, pending)
        for (const name of attached) await detachPartition(client, table, name)
        for (const name of (await listDetached(client, table)).filter(isOver))
          await dropPartition(client, name)
      })
    } catch (error) {
      if (!TRY_LATER.has(String((error as { code?: unknown }).code))) throw error
      done = false
      log({ message: `Old partitions of ${table} are dropped later`, error })
    }
  }
  return done
}
