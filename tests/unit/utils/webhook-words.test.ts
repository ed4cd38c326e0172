import { describe, expect, it } from 'vitest'
import { outcomeOf, rulesOf, shownUrl, whatWasSent, whenNext } from '../../../utils/webhook-words.ts'

const delivery = {
  ...{
    id: '1',
    webhook: { id: '1', name: 'Ops' },
    kind: 'alert' as const,
    alert: { id: '5', title: 'a\u202Eb' },
  },
  ...{
    ruleId: '1',
    state: 'failed' as const,
    attempts: 1,
    nextAt: null,
    attemptedAt: null,
    finishedAt: null,
  },
  ...{ statusCode: 500, error: 'Answered 500', answer: 'down\u001B[31m', durationMs: 12, createdAt: '' },
}

describe('webhooks in words', () => {
  it('WEBHOOK-01: show the host of an address and only a glimpse of its key', () => {
    expect(shownUrl('https://hooks.slack.com/services/T0/B0/secret')).toBe('https://hooks.slack.com/service…')
    expect(shownUrl('http://127.0.0.1:8080/x')).toBe('http://127.0.0.1:8080/x')
  })

  it('WEBHOOK-01: say what came of a delivery, and show what an answer hides', () => {
    expect(outcomeOf(delivery)).toBe('Answered 500 after 12 ms: down‹ESC›[31m')
    expect(outcomeOf({ ...delivery, statusCode: null, error: 'No answer within 10 s', answer: null })).toBe(
      'No answer within 10 s',
    )
    expect(outcomeOf({ ...delivery, state: 'pending', statusCode: null, error: null, answer: null })).toBe('')
    expect(whatWasSent(delivery)).toBe('a‹U+202E›b')
    expect([whatWasSent({ kind: 'test', alert: null }), whatWasSent({ kind: 'alert', alert: null })]).toEqual(
      [...['Test', 'An alert that is deleted']],
    )
  })

  it('WEBHOOK-01: name rules and times shortly', () => {
    expect(rulesOf({ rules: [] })).toBeNull()
    expect(rulesOf({ rules: ['a', 'b', 'c', 'd', 'e'] })).toBe('“a”, “b”, “c” and 2 more')
    const now = Date.parse('2026-11-28T10:00:00Z')
    expect(whenNext('2026-11-28T09:59:00Z', now)).toBe('in a moment')
    expect(whenNext('2026-11-28T10:00:30Z', now)).toBe('in a moment')
    expect(whenNext('2026-11-28T10:05:00Z', now)).toBe('in 5 min')
  })
})
