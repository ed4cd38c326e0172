import { describe, expect, it } from 'vitest'
import { backoffMs } from '#server/runtime/backoff.ts'
import { restartBudget } from '#server/runtime/restart-budget.ts'

describe('the restart budget', () => {
  it('allows so many within the window and no more', () => {
    let now = 0
    const budget = restartBudget(3, 1_000, () => now)
    expect([budget.spend(), budget.spend(), budget.spend(), budget.spend()]).toEqual([
      true,
      true,
      true,
      false,
    ])
    now = 500
    expect(budget.recent()).toBe(4)
  })

  it('forgets what is older than the window', () => {
    let now = 0
    const budget = restartBudget(2, 1_000, () => now)
    for (; now < 10_000; now += 600) expect(budget.spend()).toBe(true)
    expect(budget.recent()).toBe(1)
  })
})

describe('the backoff', () => {
  it('grows with each attempt up to its cap', () => {
    const backoff = { initialMs: 100, maxMs: 1_000, jitter: 0 }
    expect([1, 2, 3, 4, 5, 50].map((n) => backoffMs(backoff, n, Math.random))).toEqual([
      100, 200, 400, 800, 1_000, 1_000,
    ])
  })

  it('is spread downwards by its jitter', () => {
    const backoff = { initialMs: 100, maxMs: 1_000, jitter: 0.5 }
    expect(backoffMs(backoff, 1, () => 1)).toBe(50)
    expect(backoffMs(backoff, 1, () => 0)).toBe(100)
  })
})
