import { describe, expect, it } from 'vitest'
import { bucketsOf, type BucketOptions } from '#server/domain/dashboard/buckets.ts'
import { parseRange } from '#server/domain/search/range.ts'

const now = new Date('2026-11-23T10:07:30Z')
const buckets = (
  words: { since?: string; until?: string },
  options: Partial<BucketOptions> & { now?: Date } = {},
) => {
  const at = options.now ?? now
  const result = bucketsOf(parseRange(words, at, '24h'), { finest: '15m', ...options, now: at })
  const starts = result.starts.map((start) => start.toISOString())
  return { ...result, starts, from: result.from.toISOString(), to: result.to.toISOString() }
}

describe('buckets', () => {
  it('DASH-01: of 24 hours are 96 quarters that end with the current one', () => {
    const { interval, starts, from, to } = buckets({ since: '24h' })
    expect([interval, starts.length]).toEqual(['15m', 96])
    expect([starts[0], starts.at(-1)]).toEqual(['2026-11-22T10:15:00.000Z', '2026-11-23T10:00:00.000Z'])
    expect([from, to]).toEqual(['2026-11-22T10:15:00.000Z', '2026-11-23T10:15:00.000Z'])
  })

  it('DASH-01: of 7 days are 168 hours, of 30 days are 30 days', () => {
    expect(buckets({ since: '7d' })).toMatchObject({ interval: '1h' })
    expect(buckets({ since: '7d' }).starts).toHaveLength(168)
    const month = buckets({ since: '30d' })
    expect([month.interval, month.starts.length]).toEqual(['1d', 30])
    expect(month.starts.at(-1)).toBe('2026-11-23T00:00:00.000Z')
  })

  it('DASH-01: of outcomes are minutes up to two hours, then what the others have', () => {
    const { interval, starts, from, to } = buckets({ since: '1h' }, { finest: '1m' })
    expect([interval, starts.length]).toEqual(['1m', 60])
    expect([starts[0], starts.at(-1)]).toEqual(['2026-11-23T09:08:00.000Z', '2026-11-23T10:07:00.000Z'])
    expect([from, to]).toEqual(['2026-11-23T09:08:00.000Z', '2026-11-23T10:08:00.000Z'])
    const longer = (['2h', '3h', '24h', '7d', '30d'] as const).map(
      (since) => buckets({ since }, { finest: '1m' }).interval,
    )
    expect(longer).toEqual(['1m', '15m', '15m', '1h', '1d'])
  })

  it('DASH-06: of an issue are hours at the finest', () => {
    const { interval, starts } = buckets({ since: '24h' }, { finest: '1h' })
    expect([interval, starts.length, starts.at(-1)]).toEqual(['1h', 24, '2026-11-23T10:00:00.000Z'])
  })

  it('of a fixed range cover it from the bar it begins in, and are counted from where it begins', () => {
    const { interval, starts, from, to } = buckets({
      since: '2026-11-10T05:20:00Z',
      until: '2026-11-20T12:00:00Z',
    })
    expect([interval, starts.length, starts[0]]).toEqual(['1d', 11, '2026-11-10T00:00:00.000Z'])
    expect([from, to]).toEqual(['2026-11-10T05:15:00.000Z', '2026-11-20T12:00:00.000Z'])
  })

  it('DASH-01: days begin at midnight of the zone, half-hour zones included', () => {
    const { starts } = buckets({ since: '30d' }, { timeZone: 'Asia/Kolkata' })
    expect(starts.at(-1)).toBe('2026-11-22T18:30:00.000Z')
    expect(starts).toHaveLength(30)
    expect(buckets({ since: '30d' }, { timeZone: 'Asia/Kathmandu' }).starts.at(-1)).toBe(
      '2026-11-22T18:15:00.000Z',
    )
  })

  it('DASH-01: a day of a clock change has 23 or 25 hours', () => {
    const lengths = (words: { since: string; until: string }, timeZone: string) => {
      const { starts } = buckets(words, { timeZone })
      return starts.slice(1).map((start, i) => (Date.parse(start) - Date.parse(starts[i]!)) / 3_600_000)
    }
    const spring = lengths({ since: '2026-03-25', until: '2026-04-04' }, 'Europe/Berlin')
    expect(spring).toEqual([24, 24, 24, 24, 23, 24, 24, 24, 24, 24])
    const autumn = lengths({ since: '2026-10-20', until: '2026-11-05' }, 'America/New_York')
    expect(autumn.filter((hours) => hours !== 24)).toEqual([25])
  })

  it('a day without midnight begins at its first instant', () => {
    // Beirut jumps from 00:00 to 01:00.
    const { starts } = buckets({ since: '2026-03-20', until: '2026-04-05' }, { timeZone: 'Asia/Beirut' })
    expect(starts).toContain('2026-03-28T22:00:00.000Z')
    expect(starts).toContain('2026-03-29T21:00:00.000Z')
    expect(new Set(starts).size).toBe(starts.length)
  })

  it('are never more than 13 months, whatever is asked', () => {
    expect(buckets({ since: '1970-01-01' }).starts.length).toBeLessThanOrEqual(402)
    expect(buckets({ since: '9999w' }).starts.length).toBeLessThanOrEqual(402)
  })

  it('are at least one', () => {
    expect(buckets({ since: '1m' }).starts).toHaveLength(1)
    expect(buckets({ since: '2026-11-20', until: '2026-11-20' }).starts).toHaveLength(1)
    expect(buckets({ since: '2030-01-01' }).starts).toHaveLength(1)
  })

  it.each(['Mars/Olympus', '+05:30', "UTC'; --", '', 'Europe/Berlin\0'])('refuse the zone %j', (timeZone) => {
    expect(() => buckets({ since: '1h' }, { timeZone })).toThrow(
      expect.objectContaining({ code: 'validation_failed' }),
    )
  })
})
