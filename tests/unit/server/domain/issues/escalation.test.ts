import { describe, expect, it } from 'vitest'
import { escalatingEvents, escalationLimit, hourOf } from '#server/domain/issues/escalation.ts'

describe('escalation', () => {
  it.each([
    [0, 10],
    [1, 10],
    [3, 10],
    [4, 12],
    [100, 300],
  ])('ISSUE-02: after a largest hour of %i events the limit is %i', (largest, limit) => {
    expect(escalationLimit(largest)).toBe(limit)
  })

  const hour = new Date('2026-11-23T10:00:00Z')
  const at = (archivedAt: string) => ({
    hour,
    n: 50,
    archivedAt: new Date(archivedAt),
    archiveHourCount: 40,
  })
  it('ISSUE-02: of the hour of archiving only what came after it counts, and nothing of earlier hours', () => {
    expect(escalatingEvents(at('2026-11-23T10:59:59.999Z'))).toBe(10)
    expect(escalatingEvents(at('2026-11-23T10:00:00Z'))).toBe(10)
    expect(escalatingEvents(at('2026-11-23T09:59:59.999Z'))).toBe(50)
    expect(escalatingEvents(at('2026-11-23T11:00:00Z'))).toBe(0)
    expect(escalatingEvents({ ...at('2026-11-23T10:30:00Z'), archiveHourCount: 60 })).toBe(0)
  })

  it('begins hours with UTC, whatever the zone', () => {
    expect(hourOf(new Date('2026-11-23T15:29:59.999+05:30'))).toEqual(new Date('2026-11-23T09:00:00Z'))
  })
})
