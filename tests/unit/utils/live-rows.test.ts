import { describe, expect, it } from 'vitest'
import { arrivalRate, formatRate, keepNewest } from '../../../utils/live-rows.ts'

describe('keepNewest', () => {
  const rows = (...ids: string[]) => ids.map((id) => ({ id }))
  it('puts the newest on top, keeps each once, and no more than asked', () => {
    expect(keepNewest(rows('d', 'c', 'b'), rows('b', 'a', '0'), 4)).toEqual(rows('d', 'c', 'b', 'a'))
  })
  it('keeps what is there when nothing comes', () => {
    expect(keepNewest([], rows('b', 'a'), 4)).toEqual(rows('b', 'a'))
  })
})

describe('arrivalRate', () => {
  it('counts the last five seconds', () => {
    const counted = [
      { at: 4_000, count: 1_000 },
      { at: 5_001, count: 10 },
      { at: 10_000, count: 15 },
    ]
    expect(arrivalRate(counted, 10_000)).toBe(5)
    expect(arrivalRate([], 10_000)).toBe(0)
  })
  it.each([
    [0, '0'],
    [0.4, '0.4'],
    [12.2, '12'],
    [1204.4, '1,204'],
  ])('%d is written %s', (rate, words) => expect(formatRate(rate)).toBe(words))
})
