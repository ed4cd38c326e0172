import { expect, it } from 'vitest'
import { formatLength, formatSpan } from '../../../utils/format-span.ts'

it.each([
  ['2026-11-23T10:00:00Z', '2026-11-23T12:15:00Z', 'UTC', '23 Nov, 10:00 – 12:15'],
  ['2026-11-22T22:00:00Z', '2026-11-23T01:00:00Z', 'UTC', '22 Nov, 22:00 – 23 Nov, 01:00'],
  ['2026-11-20T00:00:00Z', '2026-11-23T00:00:00Z', 'UTC', '20 Nov – 22 Nov'],
  ['2026-11-20T18:30:00Z', '2026-11-21T18:30:00Z', 'Asia/Kolkata', '21 Nov'],
  ['2026-11-20T18:30:00Z', '2026-11-20T19:30:00Z', 'Asia/Kolkata', '21 Nov, 00:00 – 01:00'],
])('DASH-02 from %s to %s in %s is said as %s', (since, until, zone, words) => {
  expect(formatSpan(since, until, zone)).toBe(words)
})

it.each([
  [15, '15 minutes'],
  [60, '1 hour'],
  [1_440, '24 hours'],
  [3 * 1_440, '3 days'],
  [90, '1.5 hours'],
])('DASH-02 %d minutes are %s', (minutes, words) => {
  const since = '2026-11-20T00:00:00Z'
  expect(formatLength(since, new Date(Date.parse(since) + minutes * 60_000).toISOString())).toBe(words)
})
