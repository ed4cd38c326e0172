import { describe, expect, it } from 'vitest'
import { holdMs, MAX_ATTEMPTS, retryAfterMs, retryDelayMs } from '#server/domain/webhooks/retry.ts'

const HOUR_MS = 3_600_000

describe('when a delivery is tried again', () => {
  it('WEBHOOK-01: later each time, with jitter, and the last time within a day', () => {
    const delays = Array.from({ length: MAX_ATTEMPTS - 1 }, (_, i) => retryDelayMs(i + 1, 0.5))
    expect(delays.slice(0, 4)).toEqual([10_000, 30_000, 90_000, 270_000])
    expect(delays).toEqual(delays.toSorted((a, b) => a - b))
    const all = (random: number) =>
      Array.from({ length: MAX_ATTEMPTS - 1 }, (_, i) => retryDelayMs(i + 1, random)).reduce((a, b) => a + b)
    expect(all(0.5) / HOUR_MS).toBeGreaterThan(20)
    expect(all(0.5) / HOUR_MS).toBeLessThan(24)
    expect([retryDelayMs(1, 0), retryDelayMs(1, 1)]).toEqual([8_000, 12_000])
    expect(retryDelayMs(2_000, 0.5)).toBe(4 * HOUR_MS)
  })

  it('WEBHOOK-01: a destination is left alone for seconds at first, and never longer than minutes', () => {
    expect([1, 2, 3].map((n) => holdMs(n, 0.5))).toEqual([5_000, 10_000, 20_000])
    expect(holdMs(1_000, 1)).toBe(360_000)
  })

  it('WEBHOOK-01: what a target asks for counts, within reason', () => {
    const now = new Date('2026-11-28T10:00:00Z')
    for (const [header, ms] of [
      ...([
        ['30', 30_000],
        ['0.5', 500],
        [' 7 ', 7_000],
        ['Sat, 28 Nov 2026 10:01:00 GMT', 60_000],
      ] as const),
      ...([
        ['999999', HOUR_MS],
        ['Sat, 28 Nov 2020 10:01:00 GMT', 0],
        ['-5', 0],
      ] as const),
      ...([
        [null, null],
        ['soon', null],
        ['', null],
        ['99999999999999', null],
      ] as const),
    ])
      expect([header, retryAfterMs(header, now)]).toEqual([header, ms])
  })
})
