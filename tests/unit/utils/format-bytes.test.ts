import { describe, expect, it } from 'vitest'
import { formatBytes } from '../../../utils/format-bytes.ts'

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [900, '900 B'],
    [1_024, '1 KiB'],
    [1_536, '1.5 KiB'],
    [20 * 1_048_576, '20 MiB'],
    [Number.NaN, '–'],
    [-1, '–'],
  ])('%d is %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text))
})
