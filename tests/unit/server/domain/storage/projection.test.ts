import { describe, expect, it } from 'vitest'
import { project, ratePerDay } from '#server/domain/storage/projection.ts'
import { addDays, goesOn } from '#server/domain/retention/rule.ts'

const TODAY = '2026-06-17'
const day = (ago: number, events: number) => ({
  receivedOn: addDays(TODAY, -ago),
  events,
  bytes: events * 100,
})

describe('what would be stored', () => {
  it('RETAIN-03: is reckoned from full days, seven at most, none before the first event', () => {
    const days = [day(9, 1_000), day(7, 70), day(1, 70), day(0, 5_000)]
    expect(ratePerDay(days, { today: TODAY, firstDay: addDays(TODAY, -30) })).toEqual({
      overDays: 7,
      perDay: { events: 20, bytes: 2_000 },
    })
    expect(ratePerDay([day(1, 70)], { today: TODAY, firstDay: addDays(TODAY, -1) })).toMatchObject({
      overDays: 1,
      perDay: { events: 70 },
    })
    expect(ratePerDay([day(0, 70)], { today: TODAY, firstDay: TODAY })).toBeNull()
    expect(ratePerDay([], { today: TODAY, firstDay: null })).toBeNull()
  })

  it('RETAIN-03: is what a year of such days has come to, averaged over the days of a week', () => {
    const rate = { overDays: 7, perDay: { events: 100, bytes: 10_000 } }
    const projection = project(rate, { retentionDays: 60, sampleRate: 1 })!
    const there = (today: string, retention: number) =>
      Array.from({ length: 200 }, (_, i) => addDays(today, -i)).filter((d) => goesOn(d, retention) > today)
        .length
    for (const { retentionDays, events } of projection.retentions) {
      const average =
        Array.from({ length: 7 }, (_, i) => there(addDays(TODAY, i), retentionDays)).reduce((a, b) => a + b) /
        7
      expect(events).toBe(Math.round(average * 100))
    }
    expect(projection.size).toEqual({ events: 6_300, bytes: 630_000 })
  })

  it('RETAIN-03: of a project that samples already offers smaller shares only', () => {
    const rate = { overDays: 7, perDay: { events: 100, bytes: 10_000 } }
    const { samplings, size } = project(rate, { retentionDays: 30, sampleRate: 0.25 })!
    expect(samplings.map(({ sampleRate }) => sampleRate)).toEqual([0.1, 0.01])
    expect(samplings[0]!.events).toBe(size.events * 0.4)
  })
})
