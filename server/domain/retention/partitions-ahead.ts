// For how many days from now every partition that a write can need exists. Rollups live by the time of receipt, events by
// the day they expire on, which the shortest and the longest retention bound.
import { PARTITIONED_TABLES, partitionsCovering } from '#server/storage/partitions/partitions.ts'
import { RETENTION_DAYS } from '#shared/constants/limits.ts'

const DAY_MS = 86_400_000
/** What the keeper (server/processes/partition-keeper.ts) sees to. */
export const PLANNED_DAYS = 14

/** @returns whole days, at most PLANNED_DAYS; -1 when one is missing today */
export function partitionsAheadDays(there: ReadonlySet<string>, now: Date): number {
  const at = (days: number) => new Date(now.getTime() + days * DAY_MS)
  for (let day = 0; day <= PLANNED_DAYS; day++) {
    for (const table of PARTITIONED_TABLES) {
      // The first Monday on or after the day: up to six days later.
      const needed =
        table.table === 'event'
          ? RETENTION_DAYS.flatMap((kept) => partitionsCovering(table, at(day + kept), at(day + kept + 6)))
          : partitionsCovering(table, at(day), at(day))
      if (!needed.every(({ name }) => there.has(name))) return day - 1
    }
  }
  return PLANNED_DAYS
}
