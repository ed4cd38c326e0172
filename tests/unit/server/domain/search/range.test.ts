import { describe, expect, it } from 'vitest'
import { parseRange } from '#server/domain/search/range.ts'

const now = new Date('2026-11-23T10:30:00Z')
const iso = (words: Parameters<typeof parseRange>[0], fallback?: string) => {
  const { since, until } = parseRange(words, now, fallback)
  return [since?.toISOString() ?? null, until?.toISOString() ?? null]
}

describe('time range', () => {
  it.each([
    [{ since: '24h' }, '2026-11-22T10:30:00.000Z'],
    [{ since: '30m' }, '2026-11-23T10:00:00.000Z'],
    [{ since: '14d' }, '2026-11-09T10:30:00.000Z'],
    [{ since: '2w' }, '2026-11-09T10:30:00.000Z'],
    [{ since: '2026-11-01' }, '2026-11-01T00:00:00.000Z'],
    [{ since: '2026-11-01T08:00:00' }, '2026-11-01T08:00:00.000Z'],
    [{ since: '2026-11-01T08:00:00+05:30' }, '2026-11-01T02:30:00.000Z'],
  ])('reads %o', (words, since) => {
    expect(iso(words)).toEqual([since, null])
  })

  it('is open where nothing is said, unless the list has a default', () => {
    expect(iso({})).toEqual([null, null])
    expect(iso({}, '24h')).toEqual(['2026-11-22T10:30:00.000Z', null])
    expect(iso({ since: '1h', until: '2026-11-23T10:00Z' }, '24h')).toEqual([
      '2026-11-23T09:30:00.000Z',
      '2026-11-23T10:00:00.000Z',
    ])
  })

  it('slides only when it is an age with an open end', () => {
    expect(parseRange({ since: '7d' }, now).sliding).toBe(true)
    expect(parseRange({}, now, '24h').sliding).toBe(true)
    expect(parseRange({ since: '7d', until: '1d' }, now).sliding).toBe(false)
    expect(parseRange({ since: '2026-11-01' }, now).sliding).toBe(false)
  })

  it.each([
    [{ since: '2026-13-45' }, 'since'],
    [{ until: '2026-11-23T99:00:00Z' }, 'until'],
    [{ since: '2026-11-23T::::::' }, 'since'],
    [{ since: '1h', until: '2h' }, 'since'],
  ])('refuses %o and names the parameter', (words, path) => {
    expect(() => iso(words)).toThrow(
      expect.objectContaining({
        code: 'validation_failed',
        details: { in: 'query', problems: [expect.objectContaining({ path })] },
      }),
    )
  })

  it('stays between times that PostgreSQL and JavaScript both know', () => {
    expect(iso({ since: '0000-01-01' })[0]).toBe('1970-01-01T00:00:00.000Z')
    expect(iso({ since: '9999w' })[0]).toBe('1970-01-01T00:00:00.000Z')
  })
})
