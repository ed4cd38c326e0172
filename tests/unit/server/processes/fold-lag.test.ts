import { expect, it } from 'vitest'
import { createFoldLag } from '#server/processes/fold-lag.ts'

it('RESIL-03: the lag of the fold is the age of what is not counted yet, also through a round that failed', () => {
  let now = 1_000
  const lag = createFoldLag(() => now)
  expect(lag.seconds()).toBe(0)
  lag.touched()
  now += 2_000
  lag.touched()
  expect(lag.seconds()).toBe(2)
  lag.began()
  now += 1_000
  lag.touched()
  expect(lag.seconds()).toBe(3)
  // The round failed; the next one takes what came meanwhile as well.
  lag.began()
  now += 1_000
  expect(lag.seconds()).toBe(4)
  lag.touched()
  lag.ended()
  now += 500
  expect(lag.seconds()).toBe(0.5)
  lag.began()
  lag.ended()
  expect(lag.seconds()).toBe(0)
})
