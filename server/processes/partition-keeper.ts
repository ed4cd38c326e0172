// The partition keeper: sees that every partition a write can need exists, two weeks ahead, and makes it before it is
// needed. A writer that meets a gap all the same asks it and waits.
import { pause } from '#server/runtime/pause.ts'
import type { ChildSpec } from '#server/runtime/supervisor.ts'
import { stamp } from '#server/domain/ingest/stamp.ts'
import { RETENTION_DAYS } from '#shared/constants/limits.ts'
import {
  createPartition,
  listPartitions,
  PARTITIONED_TABLES,
  partitionsCovering,
  type Partition,
  type PartitionedTable,
} from '#server/storage/partitions/partitions.ts'
import type { withTransaction } from '#server/storage/database.ts'

type Pool = Parameters<typeof withTransaction>[0]

const DAY_MS = 86_400_000
const INTERVAL_MS = 10 * 60_000
const AHEAD_DAYS = 14
/** Replayed and demonstration events may carry receive times this old. */
const BEHIND_DAYS = 15

export interface KeeperDeps {
  pool: Pool
  /** PostgreSQL's clock, ms since the epoch. */
  now(): number
  /** Told after each look for how many days ahead there are partitions: fewer than 14 is an alarm, logged too. */
  ahead?(days: number): void
  log?(line: { message: string; [field: string]: unknown }): void
}

/** The partitions of a table that writes between 15 days ago and two weeks ahead can need, oldest first. */
function wantedOf(table: PartitionedTable, now: number): Partition[] {
  const at = (days: number) => new Date(now + days * DAY_MS)
  // Rollups live by receive time, events by expiry: the shortest and the longest retention bound the weeks.
  return table.table === 'event'
    ? partitionsCovering(
        table,
        at(RETENTION_DAYS[0] - BEHIND_DAYS),
        at(RETENTION_DAYS.at(-1)! + AHEAD_DAYS + 7),
      )
    : partitionsCovering(table, at(-BEHIND_DAYS), at(AHEAD_DAYS))
}

/**
 * Makes what is missing; those that exist cost one question per table. One that cannot be made (somebody is in the way)
 * keeps none of the others from being made.
 * @throws the first failure, when all were tried
 */
export async function ensurePartitions({ pool, now }: KeeperDeps): Promise<void> {
  const failures: unknown[] = []
  for (const table of PARTITIONED_TABLES) {
    const there = await listPartitions(pool, table.table)
    for (const partition of wantedOf(table, now()))
      if (!there.has(partition.name))
        await createPartition(pool, partition).catch((error: unknown) => failures.push(error))
  }
  if (failures.length > 0) throw failures[0]
}

/**
 * For so many days from now on every write finds its partition, whatever the retention of its project; two weeks at most,
 * which is what the keeper sees to.
 */
export async function daysAhead({ pool, now }: Pick<KeeperDeps, 'pool' | 'now'>): Promise<number> {
  let ahead = AHEAD_DAYS
  for (const table of PARTITIONED_TABLES) {
    const there = await listPartitions(pool, table.table)
    const isThere = (at: number) =>
      partitionsCovering(table, new Date(at), new Date(at)).every(({ name }) => there.has(name))
    for (let days = 0; days < ahead; days++) {
      const at = now() + days * DAY_MS
      const needed =
        table.table === 'event' ? RETENTION_DAYS.map((r) => Date.parse(stamp(at, r).expiresOn)) : [at]
      if (!needed.every(isThere)) ahead = days
    }
  }
  return ahead
}

export function partitionKeeper(deps: KeeperDeps): ChildSpec {
  return {
    id: 'partition-keeper',
    restart: 'permanent',
    shutdownMs: 5_000,
    async start({ signal, ready }) {
      while (!signal.aborted) {
        try {
          await ensurePartitions(deps)
        } finally {
          const days = await daysAhead(deps)
          deps.ahead?.(days)
          if (days < AHEAD_DAYS)
            deps.log?.({
              message: 'Partitions are not made far enough ahead: events will wait when they are missing',
              daysAhead: days,
              wantedDaysAhead: AHEAD_DAYS,
            })
        }
        ready()
        await pause(INTERVAL_MS, signal)
      }
    },
  }
}
