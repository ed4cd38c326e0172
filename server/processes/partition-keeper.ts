// The partition keeper: sees that every partition a write can need exists, two weeks ahead, and makes it before it is
// needed. A writer that meets a gap all the same asks it and waits.
import { pause } from '#server/runtime/pause.ts'
import type { ChildSpec } from '#server/runtime/supervisor.ts'
import { RETENTION_DAYS } from '#shared/constants/limits.ts'
import {
  createPartition,
  listPartitions,
  PARTITIONED_TABLES,
  partitionsCovering,
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
}

/**
 * Makes the partitions that writes between 15 days ago and two weeks ahead can need; those that exist cost one
 * question per table.
 */
export async function ensurePartitions({ pool, now }: KeeperDeps): Promise<void> {
  const at = (days: number) => new Date(now() + days * DAY_MS)
  for (const table of PARTITIONED_TABLES) {
    // Rollups live by receive time, events by expiry: the shortest and the longest retention bound the weeks.
    const wanted =
      table.table === 'event'
        ? partitionsCovering(
            table,
            at(RETENTION_DAYS[0] - BEHIND_DAYS),
            at(RETENTION_DAYS.at(-1)! + AHEAD_DAYS + 7),
          )
        : partitionsCovering(table, at(-BEHIND_DAYS), at(AHEAD_DAYS))
    const there = await listPartitions(pool, table.table)
    for (const partition of wanted) if (!there.has(partition.name)) await createPartition(pool, partition)
  }
}

export function partitionKeeper(deps: KeeperDeps): ChildSpec {
  return {
    id: 'partition-keeper',
    restart: 'permanent',
    shutdownMs: 5_000,
    async start({ signal, ready }) {
      while (!signal.aborted) {
        await ensurePartitions(deps)
        ready()
        await pause(INTERVAL_MS, signal)
      }
    },
  }
}
