import { describe, expect, it } from 'vitest'
import { formatDay } from '../../../utils/format-day.ts'

describe('a UTC day', () => {
  it('is the same for every reader', () => {
    expect(formatDay('2026-11-29')).toBe('29 Nov 2026')
    expect(formatDay('2026-01-01')).toBe('1 Jan 2026')
  })
  it('that is none is a dash', () => {
    expect(formatDay('soon')).toBe('–')
    expect(formatDay('')).toBe('–')
  })
})
