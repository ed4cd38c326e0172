// The rule of retention against its own words, day by day.
import { describe, expect, it } from 'vitest'
import {
  addDays,
  endOf,
  goesOn,
  lastMonday,
  previewChange,
  retainedSince,
  SINCE_EVER,
  type RetentionPeriod,
  type StoredDay,
} from '#server/domain/retention/rule.ts'
import { stamp } from '#server/domain/ingest/stamp.ts'
import { RETENTION_DAYS } from '#shared/constants/limits.ts'

const days = (first: string, n: number) => Array.from({ length: n }, (_, i) => addDays(first, i))

describe('retention', () => {
  it('RETAIN-01: goes by the same Mondays as the stamp of an event', () => {
    for (const day of days('2026-01-01', 20))
      for (const retention of RETENTION_DAYS) {
        expect(goesOn(day, retention)).toBe(stamp(Date.parse(`${day}T23:59:59Z`), retention).expiresOn)
        expect(new Date(lastMonday(day)).getUTCDay()).toBe(1)
      }
  })

  it.each<[string, RetentionPeriod[]]>([
    ['that never changed', [{ fromOn: SINCE_EVER, days: 60 }]],
    [
      'that grew',
      [
        { fromOn: SINCE_EVER, days: 30 },
        { fromOn: '2026-03-10', days: 90 },
      ],
    ],
    [
      'that was shortened and grew again',
      [
        { fromOn: SINCE_EVER, days: 90 },
        { fromOn: '2026-03-10', days: 30 },
        { fromOn: '2026-03-19', days: 60 },
      ],
    ],
    [
      'that was shortened twice',
      [
        { fromOn: SINCE_EVER, days: 90 },
        { fromOn: '2026-02-10', days: 60 },
        { fromOn: '2026-04-01', days: 30 },
      ],
    ],
  ])('RETAIN-02: of a project %s, the one day says what each event’s own end says', (_what, periods) => {
    for (const today of days('2026-02-01', 150)) {
      const known = periods.filter(({ fromOn }) => fromOn <= today)
      const since = retainedSince(periods, today)
      for (const receivedOn of days(addDays(today, -110), 111)) {
        const stamped = known.findLast(({ fromOn }) => fromOn <= receivedOn)!.days
        const event = { receivedOn, expiresOn: goesOn(receivedOn, stamped), events: 1, bytes: 1 }
        const isThere = event.expiresOn > today && receivedOn >= since
        expect(isThere, `${receivedOn} on ${today}`).toBe(endOf(event, known) > today)
      }
    }
  })

  it('RETAIN-02: a preview adds up, and says what a shorter and a longer one do', () => {
    const periods = [{ fromOn: SINCE_EVER, days: 60 }]
    const today = '2026-06-17'
    const stored: StoredDay[] = days(retainedSince(periods, today), 200)
      .filter((day) => day <= today)
      .map((receivedOn) => ({ receivedOn, expiresOn: goesOn(receivedOn, 60), events: 10, bytes: 1_000 }))
    const from = '2026-06-18'
    const shorter = previewChange(stored, periods, { fromOn: from, days: 30 })
    const kept = stored.filter(({ receivedOn }) => goesOn(receivedOn, 30) > from)
    expect(shorter.removed.events).toBe((stored.length - kept.length) * 10)
    expect(shorter.sooner.events).toBe(kept.length * 10)
    expect(shorter.unchanged).toEqual({ events: 0, bytes: 0 })
    expect(shorter.removed.bytes + shorter.sooner.bytes).toBe(shorter.stored.bytes)
    expect(shorter.lastDay).toBe(goesOn(today, 30))

    const longer = previewChange(stored, periods, { fromOn: from, days: 90 })
    expect(longer).toMatchObject({
      removed: { events: 0 },
      sooner: { events: 0 },
      unchanged: { events: stored.length * 10 },
      lastDay: goesOn(today, 60),
    })
    expect(previewChange([], periods, { fromOn: from, days: 30 }).lastDay).toBeNull()
  })

  it('INGEST-03: a second delivery after a change is looked for where the first may lie', () => {
    const until = Date.UTC(2026, 4, 6)
    for (const [was, is] of [
      [90, 30],
      [30, 60],
    ] as const)
      for (let first = until - 2 * 86_400_000 + 1; first < until; first += 3_600_000)
        for (let second = until; second < first + 2 * 86_400_000; second += 3_600_000) {
          const before = { days: was, until }
          const one = stamp(first, is, before)
          expect(one.expiresOn).toBe(stamp(first, was).expiresOn)
          const two = stamp(second, is, before)
          expect(two.expiresOn).toBe(stamp(second, is).expiresOn)
          expect([two.previousExpiresOn, addDays(two.previousExpiresOn!, 7)]).toContain(one.expiresOn)
          expect(two.nearTurn).toBe(true)
        }
  })
})
