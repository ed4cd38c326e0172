import { expect, it } from 'vitest'
import { createDistribution } from '#server/system/distribution.ts'

it('counts a value in the first bucket whose bound it does not exceed', () => {
  const spread = createDistribution([1, 10])
  for (const value of [0, 1, 1.5, 10, 11, 400]) spread.observe(value)
  expect(spread.counts).toEqual([2, 2, 2])
  expect(spread.sum).toBe(423.5)
})
