import { describe, expect, it } from 'vitest'
import { Notes } from '#server/domain/ingest/notes.ts'
import { clockDrift, eventTime, isoTime, parseTime } from '#server/domain/ingest/times.ts'

const RECEIVED = Date.parse('2026-11-23T09:40:00.000Z')
const iso = (value: unknown): string | undefined => {
  const time = parseTime(value)
  return time === undefined ? undefined : isoTime(time)
}

describe('parseTime', () => {
  it.each([
    ['2026-11-23T09:35:11.828Z', '2026-11-23T09:35:11.828Z'],
    ['2020-04-25T19:36:56.584908333Z', '2020-04-25T19:36:56.584Z'],
    ['2020-05-12T22:30:36.0021839+00:00', '2020-05-12T22:30:36.002Z'],
    ['2011-05-02T17:41:36', '2011-05-02T17:41:36.000Z'],
    ['2011-05-02 17:41:36', '2011-05-02T17:41:36.000Z'],
    ['2011-05-02T17:41:36+0200', '2011-05-02T15:41:36.000Z'],
    ['2011-05-02T17:41:36-05:30', '2011-05-02T23:11:36.000Z'],
    ['2011-05-02', '2011-05-02T00:00:00.000Z'],
    [1595472880.109, '2020-07-23T02:54:40.109Z'],
    [1595472880109, '2020-07-23T02:54:40.109Z'],
    [1595472880109000, '2020-07-23T02:54:40.109Z'],
    ['1595472880.109', '2020-07-23T02:54:40.109Z'],
    [-5, '1969-12-31T23:59:55.000Z'],
  ])('%j → %s', (value, expected) => {
    expect(iso(value)).toBe(expected)
  })

  it.each([
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    [1e300],
    ['yesterday'],
    ['2011-02-31T00:00:00Z'],
    ['2011-13-01T00:00:00Z'],
    ['2011-05-02T25:00:00Z'],
    [''],
    [null],
    [{}],
    [[1]],
    [true],
    ['1'.repeat(10_000)],
  ])('%j is no time', (value) => {
    expect(parseTime(value)).toBeUndefined()
  })

  it('writes what toISOString writes', () => {
    for (const ms of [0, 1, 999, -1, 951_782_400_000, RECEIVED, 253_402_300_799_999]) {
      expect(isoTime(ms)).toBe(new Date(ms).toISOString())
    }
  })
})

describe('eventTime', () => {
  const at = (value: unknown, drift = 0): { time: number; notes: string[] } => {
    const notes = new Notes()
    return { time: eventTime(value, RECEIVED, drift, notes), notes: notes.list.map((note) => note.message) }
  }

  it('INGEST-03: a missing time is the receive time, without a note', () => {
    expect(at(undefined)).toEqual({ time: RECEIVED, notes: [] })
    expect(at(null)).toEqual({ time: RECEIVED, notes: [] })
  })

  it('INGEST-03: more than 60 s ahead or 30 days old is the receive time, with a note', () => {
    expect(at((RECEIVED + 60_000) / 1000).notes).toEqual([])
    expect(at((RECEIVED + 61_000) / 1000)).toMatchObject({
      time: RECEIVED,
      notes: [expect.stringContaining('ahead')],
    })
    expect(at('9999-12-31T23:59:59Z')).toMatchObject({
      time: RECEIVED,
      notes: [expect.stringContaining('ahead')],
    })
    expect(at((RECEIVED - 29 * 86_400_000) / 1000).notes).toEqual([])
    expect(at((RECEIVED - 31 * 86_400_000) / 1000)).toMatchObject({
      time: RECEIVED,
      notes: [expect.stringContaining('days old')],
    })
    expect(at(-1)).toMatchObject({ time: RECEIVED, notes: [expect.stringContaining('days old')] })
    expect(at('soon')).toMatchObject({ time: RECEIVED, notes: [expect.stringContaining('not a time')] })
  })

  it('shifts by the drift of the sender before judging', () => {
    const slow = 3 * 3_600_000
    expect(at((RECEIVED - slow) / 1000, slow)).toEqual({ time: RECEIVED, notes: [] })
  })
})

describe('clockDrift', () => {
  const drift = (sentAt: string | undefined): number => clockDrift(sentAt, RECEIVED, new Notes())

  it('corrects beyond 55 minutes only', () => {
    expect(drift('2026-11-23T09:00:00Z')).toBe(0)
    expect(drift('2026-11-23T08:40:00Z')).toBe(3_600_000)
    expect(drift('2026-11-24T09:40:00Z')).toBe(-86_400_000)
    expect(drift('nonsense')).toBe(0)
    expect(drift(undefined)).toBe(0)
  })
})
