import { describe, expect, it } from 'vitest'
import { FAULT_KINDS, planFaults, usesOf } from '../../../../scripts/chaos/plan.ts'
import { randomFrom } from '../../../support/random.ts'

const HOUR_MS = 3_600_000
const SEEDS = [1, 2, 3, 2_147_483_647]

describe('planFaults', () => {
  it('is the same for the same seed, and another one for another', () => {
    const [first, again, other] = [7, 7, 8].map((seed) => planFaults(randomFrom(seed), HOUR_MS))
    expect(again).toEqual(first)
    expect(other).not.toEqual(first)
  })

  it.each(SEEDS)('has every kind, in time, and none that wants what another holds (seed %i)', (seed) => {
    const plan = planFaults(randomFrom(seed), HOUR_MS)
    expect(new Set(plan.map(({ kind }) => kind))).toEqual(new Set(FAULT_KINDS))
    for (const [i, fault] of plan.entries()) {
      expect(fault.atMs - (plan[i - 1]?.atMs ?? 0)).toBeGreaterThanOrEqual(5_000)
      expect(fault.atMs + fault.forMs).toBeLessThanOrEqual(HOUR_MS)
      const during = plan.slice(i + 1).filter(({ atMs }) => atMs < fault.atMs + fault.forMs)
      const wanted = new Set(during.flatMap(({ kind }) => usesOf(kind)))
      expect(usesOf(fault.kind).filter((resource) => wanted.has(resource))).toEqual([])
    }
  })

  it('lets the server fall while PostgreSQL is away', () => {
    const plan = planFaults(randomFrom(1), HOUR_MS)
    const outages = plan.filter(({ kind }) => usesOf(kind).includes('postgres'))
    const falls = plan.filter(({ kind }) => kind === 'server killed')
    const within = falls.filter(({ atMs }) =>
      outages.some((outage) => outage.atMs < atMs && atMs < outage.atMs + outage.forMs),
    )
    expect(within.length).toBeGreaterThan(0)
  })

  it.each(SEEDS)('has seen most kinds after two minutes (seed %i)', (seed) => {
    const kinds = new Set(planFaults(randomFrom(seed), 120_000).map(({ kind }) => kind))
    expect(kinds.size).toBeGreaterThanOrEqual(5)
  })
})
