import { describe, expect, it } from 'vitest'
import {
  askOf,
  changeLimit,
  chunkOf,
  isFinal,
  isLow,
  leftOf,
  openWindow,
  receive,
  type RateWindow,
} from '#server/domain/ingest/rate-window.ts'

const windowWith = (limit: number, state: Partial<RateWindow> = {}): RateWindow => ({
  ...openWindow(1, 0, limit),
  ...state,
})
const lease = (window: RateWindow, granted: number) =>
  receive(window, granted, { asked: askOf(window), limit: window.limit })

describe('a rate window', () => {
  it.each([
    [1, 1],
    [49, 1],
    [100, 2],
    [6_000, 120],
    [6_049, 120],
  ])('leases a fiftieth of %i: %i', (limit, chunk) => {
    expect(chunkOf(limit)).toBe(chunk)
    expect(askOf(windowWith(limit))).toBe(chunk)
  })

  it('admits nothing before the first lease, and not more than it holds', () => {
    const window = windowWith(6_000)
    expect(leftOf(window, false)).toBe(0)
    lease(window, 120)
    expect(leftOf(window, false)).toBe(120)
    window.taken = 100
    expect(leftOf(window, false)).toBe(20)
    expect(window.closed).toBe(false)
  })

  it('asks for what waits when that is more than a chunk, and never for more than the limit', () => {
    expect(askOf(windowWith(6_000, { waiting: 50 }))).toBe(120)
    expect(askOf(windowWith(6_000, { waiting: 999 }))).toBe(999)
    expect(askOf(windowWith(600, { waiting: 999 }))).toBe(600)
    expect(askOf(windowWith(6_000, { waiting: 999, granted: 300, taken: 100 }))).toBe(799)
  })

  it('asks again below half a chunk, but keeps no single events in store', () => {
    expect(isLow(windowWith(6_000, { granted: 120, taken: 60 }))).toBe(false)
    expect(isLow(windowWith(6_000, { granted: 120, taken: 61 }))).toBe(true)
    expect(isLow(windowWith(6_000, { granted: 120, taken: 120 }))).toBe(true)
    expect(isLow(windowWith(99, { granted: 3, taken: 3 }))).toBe(false)
    expect(isLow(windowWith(6_000, { granted: 120, taken: 120, closed: true }))).toBe(false)
  })

  it('is closed by the first answer that falls short, and still gives out what that brought', () => {
    const window = windowWith(6_000, { granted: 120, taken: 120 })
    lease(window, 7)
    expect(isFinal(window, false)).toBe(true)
    expect(leftOf(window, false)).toBe(7)
  })

  it('asks for nothing once it has admitted the limit by itself', () => {
    const window = windowWith(6_000, { granted: 6_000, taken: 6_000 })
    expect([isFinal(window, false), isLow(window)]).toEqual([true, false])
    const unbooked = windowWith(6_000, { granted: 100, taken: 6_000 })
    expect([isFinal(unbooked, false), isLow(unbooked)]).toEqual([false, true])
  })

  it('alone, counts what it admits against the whole limit', () => {
    const window = windowWith(10, { granted: 2, taken: 2 })
    expect(leftOf(window, true)).toBe(8)
    expect(isFinal(window, true)).toBe(true)
    window.taken = 10
    expect(leftOf(window, true)).toBe(0)
  })

  it('alone, admits nothing more where the limit was known to be reached', () => {
    expect(leftOf(windowWith(10, { granted: 2, taken: 2, closed: true }), true)).toBe(0)
  })

  it('books what it admitted alone with the next lease', () => {
    const window = windowWith(100, { granted: 10, taken: 40, waiting: 5 })
    expect(leftOf(window, false)).toBe(0)
    expect(askOf(window)).toBe(30 + 5)
    lease(window, 35)
    expect(leftOf(window, false)).toBe(5)
  })

  it('a lowered limit holds at once on the node that has admitted as much', () => {
    const window = windowWith(1_000, { granted: 200, taken: 190 })
    changeLimit(window, 100)
    expect(leftOf(window, false)).toBe(0)
    expect(leftOf(window, true)).toBe(0)
  })

  it('a raised limit opens the window again, also while an answer to the old one is under way', () => {
    const window = windowWith(100, { granted: 50, taken: 50, closed: true })
    changeLimit(window, 200)
    expect(window.closed).toBe(false)
    receive(window, 0, { asked: 2, limit: 100 })
    expect(window.closed).toBe(false)
    receive(window, 0, { asked: 4, limit: 200 })
    expect(window.closed).toBe(true)
  })
})
