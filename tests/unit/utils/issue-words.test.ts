import { describe, expect, it } from 'vitest'
import {
  doneSentence,
  formatDay,
  skippedSentence,
  stateSentence,
  untilWords,
} from '../../../utils/issue-words.ts'

const NOW = Date.parse('2026-11-23T10:00:00.000Z')
const words = { now: NOW, timeZone: 'UTC', nameOf: (id: string) => (id === 'a' ? 'Ada' : undefined) }
const archive = (
  until: 'escalating' | 'date' | 'count' | 'forever',
  at: string | null = null,
  events: number | null = null,
) => ({
  ...{ until, at, events },
})

describe('UI-07 how an issue stands, in words', () => {
  it.each([
    [archive('escalating'), 30, 'until it escalates: more than 30 events in one hour'],
    [archive('escalating'), 1200, 'until it escalates: more than 1,200 events in one hour'],
    [archive('escalating'), null, 'until it escalates'],
    [archive('date', '2026-12-12T09:00:00Z'), null, 'until 12 Dec'],
    [archive('date', '2027-02-01T09:00:00Z'), null, 'until 1 Feb 2027'],
    [archive('date', '2026-11-24T09:30:00Z'), null, 'until 24 Nov, 09:30'],
    [archive('count', null, 50), null, 'until 50 more events'],
    [archive('count', null, 1), null, 'until 1 more event'],
    [archive('forever'), null, 'forever'],
    [null, null, 'until it escalates'],
  ])('%o', (how, escalationLimit, sentence) => {
    expect(stateSentence({ status: 'archived', archive: how, escalationLimit }, NOW, 'UTC')).toBe(sentence)
  })

  it('says nothing more of an unresolved issue', () => {
    expect(
      stateSentence({ status: 'unresolved', archive: null, escalationLimit: null }, NOW, 'UTC'),
    ).toBeUndefined()
  })

  it('survives a date that is none', () => {
    expect(formatDay('soon', NOW, 'UTC')).toBe('an unknown date')
    expect(untilWords({ until: 'date' }, NOW, 'UTC')).toBe('until a date')
  })
})

describe('UI-07 what was done, in words', () => {
  it.each([
    [{ status: 'resolved' } as const, 'Resolved WEB-1'],
    [{ status: 'unresolved' } as const, 'Reopened WEB-1'],
    [{ status: 'archived' } as const, 'Archived WEB-1 until it escalates'],
    [{ archive: { until: 'count', events: 1000 } } as const, 'Archived WEB-1 until 1,000 more events'],
    [{ assigneeId: 'a' }, 'Assigned WEB-1 to \u2068Ada\u2069'],
    [{ assigneeId: 'x' }, 'Assigned WEB-1 to \u2068a member\u2069'],
    [{ assigneeId: null }, 'Unassigned WEB-1'],
  ])('%o', (change, sentence) => {
    expect(doneSentence(change, 'WEB-1', words)).toBe(sentence)
  })

  it('names what an undo left alone', () => {
    const skipped = (n: number) =>
      Array.from({ length: n }, (_, i) => ({ shortId: `WEB-${i + 1}`, status: 'resolved' as const }))
    expect(skippedSentence([])).toBeUndefined()
    expect(skippedSentence(skipped(1))).toBe('WEB-1 (resolved) changed since and was left as it is.')
    expect(skippedSentence(skipped(2))).toBe(
      'WEB-1 (resolved) and WEB-2 (resolved) changed since and were left as they are.',
    )
    expect(skippedSentence(skipped(9))).toMatch(/WEB-3 \(resolved\) and 6 more changed since/)
  })
})
