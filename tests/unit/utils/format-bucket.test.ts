import { describe, expect, it } from 'vitest'
import { formatBucketRange, formatBucketTick, tickedBuckets } from '../../../utils/format-bucket.ts'

const QUARTER = 15 * 60_000
const HOUR = 60 * 60_000
const from = (start: string, count: number, step: number) =>
  Array.from({ length: count }, (_, index) => new Date(Date.parse(start) + index * step).toISOString())

describe('DASH-01 the time of a bucket', () => {
  it('is a clock time under the axis, a date at midnight, in the zone of the reader', () => {
    expect(formatBucketTick('2026-11-23T13:00:00Z', '1h', 'UTC')).toBe('13:00')
    expect(formatBucketTick('2026-11-23T13:00:00Z', '1h', 'Asia/Tokyo')).toBe('22:00')
    expect(formatBucketTick('2026-11-23T00:00:00Z', '1h', 'UTC')).toBe('23 Nov')
    expect(formatBucketTick('2026-11-22T23:00:00Z', '1d', 'Europe/Berlin')).toBe('23 Nov')
  })

  it('has its end in tooltip and table', () => {
    expect(formatBucketRange('2026-11-23T13:00:00Z', '1h', 'UTC')).toBe('Mon 23 Nov, 13:00 – 14:00')
    expect(formatBucketRange('2026-11-23T13:45:00Z', '15m', 'UTC')).toBe('Mon 23 Nov, 13:45 – 14:00')
    expect(formatBucketRange('2026-11-23T00:00:00Z', '1d', 'UTC')).toBe('Mon 23 Nov 2026')
  })
})

describe('DASH-01 ticks', () => {
  it('fall on round hours of the zone, and never more than wanted', () => {
    const day = from('2026-11-22T13:30:00Z', 96, QUARTER)
    const hours = [...tickedBuckets(day, '15m', 'UTC', 8)].map((index) => day[index]!.slice(11, 16))
    expect(hours).toEqual(['15:00', '18:00', '21:00', '00:00', '03:00', '06:00', '09:00', '12:00'])
    expect(tickedBuckets(day, '15m', 'Asia/Kathmandu', 8).size).toBeGreaterThan(3)
  })

  it('are round minutes within an hour', () => {
    const hour = from('2026-11-23T13:08:00Z', 60, 60_000)
    const ticks = [...tickedBuckets(hour, '1m', 'UTC', 8)].map((index) => hour[index]!.slice(11, 16))
    expect(ticks).toEqual(['13:10', '13:20', '13:30', '13:40', '13:50', '14:00'])
    expect(formatBucketRange('2026-11-23T13:59:00Z', '1m', 'UTC')).toBe('Mon 23 Nov, 13:59 – 14:00')
  })

  it('are midnights when a week has too many hours, and evenly spread days beyond', () => {
    const week = from('2026-11-16T05:00:00Z', 168, HOUR)
    const midnights = [...tickedBuckets(week, '1h', 'UTC', 10)].map((index) => week[index]!.slice(11, 16))
    expect(midnights).toEqual(Array(7).fill('00:00'))
    expect([...tickedBuckets(from('2026-10-25T00:00:00Z', 30, 24 * HOUR), '1d', 'UTC', 10)]).toEqual([
      0, 3, 6, 9, 12, 15, 18, 21, 24, 27,
    ])
  })

  it('are the days of a zone that is half an hour off, too', () => {
    const week = from('2026-11-16T05:00:00Z', 168, HOUR)
    const days = [...tickedBuckets(week, '1h', 'Asia/Kolkata', 10)].map((index) =>
      formatBucketTick(week[index]!, '1h', 'Asia/Kolkata'),
    )
    expect(days).toEqual(['17', '18', '19', '20', '21', '22', '23'].map((day) => `${day} Nov`))
  })

  it('are spread evenly where nothing is round', () => {
    expect(tickedBuckets(from('2026-11-23T13:15:00Z', 3, QUARTER), '15m', 'UTC', 8).size).toBe(3)
  })
})
