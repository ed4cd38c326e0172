import { describe, expect, it } from 'vitest'
import { wholeNumber, wholeNumberOrNone } from '../../../utils/whole-number.ts'

describe('a typed number', () => {
  it.each([
    ['6000', 6_000],
    [' 0 ', 0],
    ['-5', -5],
    ['007', 7],
  ])('%j is %i', (text, number) => {
    expect(wholeNumber.parse(text)).toBe(number)
    expect(wholeNumberOrNone.parse(text)).toBe(number)
  })

  it.each(['6,000', '1.5', '1e3', '0x10', 'many', '9'.repeat(16)])('%j is none', (text) => {
    expect(wholeNumber.safeParse(text).error?.issues[0]?.message).toBe('Write a whole number, digits only.')
    expect(wholeNumberOrNone.safeParse(text).success).toBe(false)
  })

  it('nothing is null where nothing is allowed', () => {
    expect(wholeNumberOrNone.parse('  ')).toBeNull()
    expect(wholeNumber.safeParse('').success).toBe(false)
  })
})
