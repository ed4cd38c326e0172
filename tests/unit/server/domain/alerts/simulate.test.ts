import { describe, expect, it } from 'vitest'
import { simulate, type Hit } from '#server/domain/alerts/simulate.ts'

const MINUTE = 60_000
const hit = (minute: number, fields: Partial<Hit> = {}): Hit => ({
  at: minute * MINUTE + 1,
  issueId: null,
  n: 1,
  ...fields,
})
const minutes = (fired: { at: number }[]) => fired.map(({ at }) => at / MINUTE)

describe('simulate', () => {
  it('ALERT-06: fires in the minute whose window is above the threshold, and not at it', () => {
    const trigger = { type: 'threshold', count: 3, minutes: 3, per: 'project' } as const
    expect(simulate(trigger, 0, [hit(1), hit(2), hit(3)])).toEqual([])
    expect(minutes(simulate(trigger, 0, [hit(1), hit(2), hit(3), hit(3)]))).toEqual([3])
    expect(simulate(trigger, 0, [hit(0), hit(2), hit(3), hit(3)])).toEqual([])
    expect(minutes(simulate(trigger, 0, [hit(7, { n: 3.6 })]))).toEqual([7])
  })

  it('ALERT-06: goes on as one alert while it is above, and holds back for the cooldown', () => {
    const trigger = { type: 'threshold', count: 0, minutes: 5, per: 'project' } as const
    const hits = [1, 2, 6, 20, 60].map((minute) => hit(minute))
    expect(minutes(simulate(trigger, 0, hits))).toEqual([1, 20, 60])
    expect(minutes(simulate(trigger, 30, hits))).toEqual([1, 60])
  })

  it('ALERT-06: counts each issue alone, and users once', () => {
    const per = (per: 'issue' | 'project') => ({ type: 'users', count: 1, minutes: 10, per }) as const
    const hits = [
      hit(1, { issueId: '1', user: 'ann' }),
      hit(2, { issueId: '2', user: 'bob' }),
      hit(3, { issueId: '1', user: 'ann' }),
      hit(4, { issueId: '1', user: null }),
    ]
    expect(simulate(per('issue'), 0, hits)).toEqual([])
    expect(simulate(per('project'), 0, hits)).toEqual([{ at: 2 * MINUTE, issueId: null }])
    expect(simulate(per('issue'), 0, [...hits, hit(9, { issueId: '2', user: 'cat' })])).toEqual([
      { at: 9 * MINUTE, issueId: '2' },
    ])
    // Whoever was seen before the window is not in it.
    expect(simulate(per('project'), 0, [hit(1, { user: 'ann' }), hit(11, { user: 'bob' })])).toEqual([])
  })

  it('ALERT-06: an issue trigger fires for each cause the cooldown lets through', () => {
    const hits = [1, 10, 50].flatMap((minute) => [
      hit(minute, { issueId: '1' }),
      hit(minute + 1, { issueId: '2' }),
    ])
    const fired = simulate({ type: 'regression' }, 30, hits)
    expect(fired.map(({ at, issueId }) => `${issueId} ${Math.floor(at / MINUTE)}`)).toEqual([
      '1 1',
      '2 2',
      '1 50',
      '2 51',
    ])
  })
})
