import { describe, expect, it } from 'vitest'
import { markedJson, placeLabel } from '../../../utils/marked-json.ts'

const event = {
  message: 'login?token=[Filtered]&next=[Filtered]',
  user: { id: '1' },
  request: { headers: [['Authorization', '[Filtered]']] },
  extra: { empty: {}, none: [], gone: undefined, list: [1, { password: '[Filtered]' }] },
}
const places = [
  { path: ['message'], kind: 'part' as const },
  { path: ['user', 'ipAddress'], kind: 'removed' as const },
  { path: ['request', 'headers', 0, 1], kind: 'whole' as const },
  { path: ['extra', 'list', 1, 'password'], kind: 'whole' as const },
]

describe('an event with marks', () => {
  it('is its JSON when nothing is marked', () => {
    expect(markedJson(event, [])).toEqual([{ text: JSON.stringify(event, null, 2) }])
    for (const value of [null, 1, 'text', [], {}, [[]], { a: [{}] }])
      expect(markedJson(value, []).map(({ text }) => text)).toEqual([JSON.stringify(value, null, 2)])
  })

  it('marks the part, the value, and what is no longer there', () => {
    const pieces = markedJson(event, places)
    expect(pieces.filter(({ place }) => place !== undefined)).toEqual([
      { text: '[Filtered]', place: 0 },
      { text: '[Filtered]', place: 0 },
      { text: 'removed', place: 1 },
      { text: '"[Filtered]"', place: 2 },
      { text: '"[Filtered]"', place: 3 },
    ])
    const whole = pieces.map(({ text }) => text).join('')
    expect(whole.replace(',\n    "ipAddress": removed', '')).toBe(JSON.stringify(event, null, 2))
    // One piece between two marks, however many lines that is.
    expect(pieces).toHaveLength(11)
  })

  it('shows what payloads hide', () => {
    expect(markedJson({ a: '\u202Eabc' }, [])[0]!.text).toContain('‹U+202E›')
  })

  it('names places as people do', () => {
    expect(places.map(({ path }) => placeLabel(event, path))).toEqual([
      'message',
      'user.ipAddress',
      'request.headers.Authorization',
      'extra.list[1].password',
    ])
    const tagged = { tags: [['browser', 'x']], extra: { headers: [['a', 'b']], '\u202E': 'x' } }
    expect(placeLabel(tagged, ['tags', 0, 1])).toBe('tags.browser')
    expect(placeLabel(tagged, ['extra', '\u202E'])).toBe('extra.‹U+202E›')
    expect(placeLabel({}, ['extra', 'gone', 3])).toBe('extra.gone[3]')
  })
})
