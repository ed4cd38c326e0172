import { expect, it } from 'vitest'
import { formatChange } from '../../../utils/format-change.ts'

it.each([
  [100, 100, 'same', 'same'],
  [0, 0, 'same', 'same'],
  [5, 0, 'none before', 'up'],
  [123, 100, '+23%', 'up'],
  [50, 100, '−50%', 'down'],
  [0, 7, '−100%', 'down'],
  [1_000_001, 1_000_000, '+<1%', 'up'],
  [999_999, 1_000_000, '−<1%', 'down'],
  [999, 100, '+899%', 'up'],
  [1_234, 100, '×12', 'up'],
])('DASH-01 %d after %d is %s', (now, before, text, direction) => {
  expect(formatChange(now, before)).toEqual({ text, direction })
})
