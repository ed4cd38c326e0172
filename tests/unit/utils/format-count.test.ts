import { describe, expect, it } from 'vitest'
import { formatCount, formatExact, formatPlural, formatShare } from '../../../utils/format-count.ts'

describe('formatCount', () => {
  it.each([
    [0, '0'],
    [7, '7'],
    [999, '999'],
    [1_000, '1k'],
    [1_234, '1.2k'],
    [9_999, '9.9k'],
    [12_345, '12k'],
    [999_999, '999k'],
    [1_000_000, '1M'],
    [1_234_567, '1.2M'],
    [2_500_000_000, '2.5B'],
    [-1_500, '−1.5k'],
    [Number.NaN, '–'],
  ])('%d is %s', (count, text) => expect(formatCount(count)).toBe(text))

  it('says the exact number with groups', () => expect(formatExact(1_234_567)).toBe('1,234,567'))
  it('says one and many', () => {
    expect(formatPlural(1, 'event')).toBe('1 event')
    expect(formatPlural(1_200, 'event')).toBe('1.2k events')
  })
})

describe('formatShare', () => {
  it.each([
    [0, 10, '0%'],
    [1, 1_000, '<1%'],
    [5, 10, '50%'],
    [999, 1_000, '>99%'],
    [10, 10, '100%'],
    [0, 0, '0%'],
  ])('%d of %d is %s', (part, whole, text) => expect(formatShare(part, whole)).toBe(text))
})
