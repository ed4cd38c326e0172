import { describe, expect, it } from 'vitest'
import { createClientReportTally, MAX_PAIRS_PER_DAY } from '#server/pipeline/client-reports.ts'

const NOON = Date.UTC(2026, 10, 23, 12)
const report = (reason: string, quantity = 1, category = 'error') => ({ reason, category, quantity })
/** `aaa`, `aab` …: as many names as are asked for. */
const names = (n: number) =>
  Array.from({ length: n }, (_, i) => [...String(i)].map((digit) => 'abcdefghij'[Number(digit)]).join(''))

describe('the tally of client reports', () => {
  it('sums by project, minute and pair', () => {
    const tally = createClientReportTally()
    tally.count(1, [report('before_send', 2), report('network_error')], NOON + 5_000)
    tally.count(1, [report('before_send', 3)], NOON + 59_999)
    tally.count(1, [report('before_send')], NOON + 60_000)
    tally.count(2, [report('before_send')], NOON)
    const taken = tally.take()
    expect(taken.map(({ projectId, at, reason, n }) => [projectId, (at - NOON) / 60_000, reason, n])).toEqual(
      [
        [1, 0, 'before_send', 5],
        [1, 0, 'network_error', 1],
        [1, 1, 'before_send', 1],
        [2, 0, 'before_send', 1],
      ],
    )
    expect(tally.take()).toEqual([])
  })

  it('counts again what could not be written', () => {
    const tally = createClientReportTally()
    tally.count(1, [report('before_send', 2)], NOON)
    const taken = tally.take()
    tally.count(1, [report('before_send')], NOON)
    tally.giveBack(taken)
    expect(tally.take().map(({ n }) => n)).toEqual([3])
  })

  it('INGEST-06: a project has so many names a day, the rest is other, and nothing is lost', () => {
    const tally = createClientReportTally()
    tally.count(
      1,
      names(MAX_PAIRS_PER_DAY + 30).map((name) => report(name)),
      NOON,
    )
    tally.count(1, [report('a', 4)], NOON)
    const pairs = tally.take()
    expect(pairs).toHaveLength(MAX_PAIRS_PER_DAY + 1)
    expect(pairs.find(({ reason }) => reason === 'other')).toMatchObject({ category: 'other', n: 30 })
    expect(pairs.find(({ reason }) => reason === 'a')).toMatchObject({ n: 5 })
    // Another project, and the next day, begin anew.
    tally.count(2, [report('late')], NOON)
    tally.count(1, [report('late')], NOON + 86_400_000)
    expect(tally.take().map(({ reason }) => reason)).toEqual(['late', 'late'])
  })

  it('stays small while the database is away', () => {
    const tally = createClientReportTally()
    for (let minute = 0; minute < 20_000; minute++)
      tally.count(1, [report('before_send')], NOON + minute * 60_000)
    const taken = tally.take()
    expect(taken.length).toBeLessThanOrEqual(10_001)
    expect(taken.reduce((sum, { n }) => sum + n, 0)).toBe(20_000)
  })
})
