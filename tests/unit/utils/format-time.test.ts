import { describe, expect, it } from 'vitest'
import { formatAge, formatExactTime, formatOffset, formatTimeAgo } from '../../../utils/format-time.ts'

const NOW = Date.parse('2026-11-23T10:00:00.000Z')
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

describe('how long ago', () => {
  it.each([
    [0, 'now', 'just now'],
    [59_000, 'now', 'just now'],
    [3 * MINUTE, '3m', '3 min ago'],
    [2.9 * HOUR, '2h', '2 hr ago'],
    [5 * DAY, '5d', '5 d ago'],
    [70 * DAY, '2mo', '2 mo ago'],
    [800 * DAY, '2y', '2 yr ago'],
  ])('%d ms', (age, short, long) => {
    expect(formatAge(NOW - age, NOW)).toBe(short)
    expect(formatTimeAgo(NOW - age, NOW)).toBe(long)
  })

  it('does not say negative ages when a clock is off', () => {
    expect(formatAge(NOW + 5 * MINUTE, NOW)).toBe('now')
    expect(formatTimeAgo(NOW + 5 * MINUTE, NOW)).toBe('in 5 min')
  })
})

describe('formatExactTime', () => {
  it('says the zone', () => {
    const time = '2026-11-23T09:04:05.123Z'
    expect(formatExactTime(time)).toBe('Mon, 23 Nov 2026, 09:04:05.123 UTC')
    expect(formatExactTime(time, 'Europe/Berlin')).toBe('Mon, 23 Nov 2026, 10:04:05.123 CET')
  })
  it('takes a broken time', () => expect(formatExactTime('soon')).toBe('–'))
})

describe('formatOffset', () => {
  it.each([
    [0, '0 s'],
    [-40, '−40 ms'],
    [-3_204, '−3.2 s'],
    [-65_000, '−1 m 5 s'],
    [-3_900_000, '−1 h 5 m'],
    [-90_000_000, '−1 d 1 h'],
    [1_500, '+1.5 s'],
    [Number.NaN, '–'],
  ])('%d is %s', (milliseconds, text) => expect(formatOffset(milliseconds)).toBe(text))
})
