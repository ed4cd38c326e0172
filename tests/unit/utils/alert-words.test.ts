import { describe, expect, it } from 'vitest'
import { minutesWords, ruleSentence, whyFired } from '../../../utils/alert-words.ts'
import { emptyForm, formOf, readForm } from '../../../utils/alert-form.ts'
import type { Alert } from '#shared/schemas/alert.ts'

const rule = { filters: {}, cooldownMinutes: 30 }

describe('rules in words', () => {
  it('say what happens, to which events, and how often it is told', () => {
    expect(
      ruleSentence({ ...rule, trigger: { type: 'new_issue' }, filters: { environment: ['production'] } }),
    ).toBe('When an issue is new in production, alert; not again for 30 min.')
    expect(
      ruleSentence({
        trigger: { type: 'threshold', count: 1_000, minutes: 90, per: 'project' },
        filters: { level: ['error', 'fatal'], tags: { browser: 'Chrome' }, query: 'message:cart' },
        cooldownMinutes: 0,
      }),
    ).toBe(
      'When the project has more than 1,000 events in 1 h 30 min, at level error or fatal, where browser is Chrome, matching message:cart, alert.',
    )
  })
  it('write minutes as people do', () => {
    expect([1, 60, 61, 1_440].map(minutesWords)).toEqual(['1 min', '1 h', '1 h 1 min', '24 h'])
  })
  it('show what a name hides', () => {
    expect(
      ruleSentence({ ...rule, trigger: { type: 'regression' }, filters: { environment: ['a\u202Eb'] } }),
    ).toContain('a‹U+202E›b')
  })
})

describe('alerts in words', () => {
  const alert = {
    rule: {
      id: '1',
      name: 'Many',
      trigger: { type: 'threshold', count: 5, minutes: 10, per: 'issue' },
      ...rule,
    },
    ...{ count: 9, cause: { count: 6 } },
  } as Alert
  it('say what the window had and what came after', () => {
    expect(whyFired(alert)).toBe('6 events in 10 min, more than 5; 9 at most since')
  })
  it('say how many more there were', () => {
    expect(whyFired({ ...alert, rule: null, count: 12 })).toMatch(/^12 more alerts/)
  })
})

describe('the form', () => {
  const named = { ...emptyForm(), name: 'Checkout' }
  it('ALERT-02: gives the rule that stands in it, and takes it back the same', () => {
    const state = {
      ...named,
      ...{ type: 'threshold' as const, count: '5', minutes: '10', tags: ['browser=Chrome', 'a=b=c'] },
    }
    const { rule: made, errors } = readForm(state)
    expect(errors).toEqual([])
    expect(made).toMatchObject({
      trigger: { type: 'threshold', count: 5, minutes: 10, per: 'project' },
      filters: { tags: { browser: 'Chrome', a: 'b=c' } },
    })
    expect(formOf({ ...made!, name: 'Checkout' })).toEqual(state)
  })
  it('ALERT-02: says at each input what is wrong there', () => {
    const { rule: made, errors } = readForm({
      ...emptyForm(),
      ...{ type: 'users', count: 'many', minutes: '61', tags: ['browser'], query: 'level:' },
    })
    expect(made).toBeNull()
    expect(errors.map(({ name }) => name).toSorted()).toEqual(['count', 'minutes', 'name', 'query', 'tags'])
  })
})
