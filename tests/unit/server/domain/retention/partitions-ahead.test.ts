import { describe, expect, it } from 'vitest'
import { partitionsAheadDays, PLANNED_DAYS } from '#server/domain/retention/partitions-ahead.ts'
import { PARTITIONED_TABLES, partitionsCovering } from '#server/storage/partitions/partitions.ts'

const DAY_MS = 86_400_000
const now = new Date('2026-11-28T12:00:00Z')
const at = (days: number) => new Date(now.getTime() + days * DAY_MS)

/** As the keeper makes them, for so many days ahead. */
const made = (aheadDays: number) =>
  new Set(
    PARTITIONED_TABLES.flatMap((table) =>
      table.table === 'event'
        ? partitionsCovering(table, at(15), at(90 + aheadDays + 7))
        : partitionsCovering(table, at(-15), at(aheadDays)),
    ).map(({ name }) => name),
  )

describe('OPS-01: partitions ahead', () => {
  it('are two weeks when the keeper did its work', () => {
    expect(partitionsAheadDays(made(14), now)).toBe(PLANNED_DAYS)
  })

  it('are fewer when it is behind, and -1 when one is missing today', () => {
    // November ends in two days, and December's rollups are not there.
    const withoutDecember = new Set([...made(14)].filter((name) => !name.endsWith('_20261201')))
    expect(partitionsAheadDays(withoutDecember, now)).toBe(2)
    expect(partitionsAheadDays(new Set(), now)).toBe(-1)
    const withoutAWeek = new Set([...made(14)].filter((name) => name !== 'event_20270301'))
    expect(partitionsAheadDays(withoutAWeek, now)).toBe(-1)
  })
})
