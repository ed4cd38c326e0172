import { describe, expect, it } from 'vitest'
import { completionAt, complete } from '#shared/query/complete.ts'
import { formatQuery } from '#shared/query/format.ts'
import { KEYS } from '#shared/query/keys.ts'
import { parseQuery } from '#shared/query/parse.ts'
import { randomFrom } from '../../../support/random.ts'

/** Terms without places. */
const bare = (text: string) => {
  const { terms, mistakes } = parseQuery(text)
  expect(mistakes, text).toEqual([])
  return terms.map(({ from: _from, to: _to, ...term }) => term)
}
const only = (text: string) => bare(text)[0]

describe('a search', () => {
  it('SEARCH-01: is read into terms, each with its place', () => {
    const text = 'level:error !release:web@1.2.* "two words" plain'
    const { terms } = parseQuery(text)
    expect(terms.map(({ from, to }) => text.slice(from, to))).toEqual([
      'level:error',
      '!release:web@1.2.*',
      '"two words"',
      'plain',
    ])
    expect(terms[1]).toMatchObject({ kind: 'match', key: 'release', value: ['web@1.2.', ''], negated: true })
  })

  it.each([
    ['level:ERROR', { kind: 'match', key: 'level', value: ['error'] }],
    ['tag[browser]:Chrome', { kind: 'tag', key: 'browser', value: ['Chrome'] }],
    ['browser:"Mobile Safari"', { kind: 'tag', key: 'browser', value: ['Mobile Safari'] }],
    ['tag["a]b"]:x', { kind: 'tag', key: 'a]b', value: ['x'] }],
    ['tag[level]:x', { kind: 'tag', key: 'level', value: ['x'] }],
    ['a:"1*2"*3', { kind: 'tag', key: 'a', value: ['1*2', '3'] }],
    ['a:"say \\"hi\\" \\\\"', { kind: 'tag', key: 'a', value: ['say "hi" \\'] }],
    ['has:user.id', { kind: 'has', key: 'user.id', tag: false }],
    ['has:browser', { kind: 'has', key: 'browser', tag: true }],
    ['is:regressed', { kind: 'is', state: 'regressed' }],
    ['assigned:me', { kind: 'assigned', who: 'me' }],
    ['assigned:"me"', { kind: 'assigned', who: { name: 'me' } }],
    ['assigned:ada@example.org', { kind: 'assigned', who: { name: 'ada@example.org' } }],
    ['firstSeen:-24h', { kind: 'time', key: 'firstSeen', operator: '=', at: '24h' }],
    ['firstseen:<-7d', { kind: 'time', key: 'firstSeen', operator: '<', at: '7d' }],
    ['lastSeen:>2026-01-01', { kind: 'time', key: 'lastSeen', operator: '>', at: '2026-01-01' }],
    ['events:>100', { kind: 'count', key: 'events', operator: '>', value: 100 }],
    ['users:>=5', { kind: 'count', key: 'users', operator: '>=', value: 5 }],
    ['a:>5', { kind: 'tag', key: 'a', value: ['>5'] }],
    // What people paste stays words.
    ['TypeError:', { kind: 'text', text: 'TypeError:', quoted: false }],
    ['https://example.org/x', { kind: 'text', text: 'https://example.org/x', quoted: false }],
    ['std::vector', { kind: 'text', text: 'std::vector', quoted: false }],
    ['!', { kind: 'text', text: '!', quoted: false }],
    ['browser=Chrome', { kind: 'text', text: 'browser=Chrome', quoted: false }],
  ])('SEARCH-01: %s', (text, term) => {
    expect(only(text)).toEqual({ ...term, negated: false })
    expect(only(formatQuery(bare(text)))).toEqual({ ...term, negated: false })
    if (text !== '!') expect(only(`!${text}`)).toEqual({ ...term, negated: true })
  })

  it.each([
    ['level:high', 'unknown_level', 'high'],
    ['x is:open y', 'unknown_state', 'open'],
    ['level: error', 'missing_value', 'level:'],
    ['a:""', 'missing_value', 'a:""'],
    ['a:*', 'only_wildcards', '*'],
    ['a:1*2*3*', 'too_many_wildcards', '1*2*3*'],
    ['level:err*', 'wildcard_not_allowed', 'err*'],
    ['has:environment', 'not_optional', 'environment'],
    ['x "open', 'unclosed_quote', '"open'],
    ['a:"open x', 'unclosed_quote', '"open x'],
    ['tag[a b', 'unclosed_bracket', 'tag[a b'],
    ['tag[a]b', 'unclosed_bracket', 'tag[a]b'],
    ['tag[]:b', 'missing_key', 'tag[]'],
    ['firstSeen:24h', 'bad_time', '24h'],
    ['firstSeen:2026-02-30', 'bad_time', '2026-02-30'],
    ['firstSeen:2026-01-01T10:00', 'bad_time', '2026-01-01T10:00'],
    ['events:many', 'bad_count', 'many'],
    ['events:>-5', 'bad_count', '>-5'],
  ])('SEARCH-02: %s is a mistake: %s at %j', (text, code, place) => {
    const { mistakes } = parseQuery(text)
    expect(mistakes.map(({ from, to, ...rest }) => [rest.code, text.slice(from, to)])).toEqual([
      [code, place],
    ])
    expect(mistakes[0]!.message).toMatch(/\.$/)
  })

  it('SEARCH-02: keys of issues are a mistake among events, and take no more than twenty terms', () => {
    expect(parseQuery('is:new', 'events').mistakes[0]).toMatchObject({ code: 'wrong_list', from: 0, to: 6 })
    expect(parseQuery('is:new', 'issues').mistakes).toEqual([])
    const words = (n: number) => Array.from({ length: n }, (_, i) => `w${i}`).join(' ')
    expect(bare(words(20))).toHaveLength(20)
    expect(parseQuery(words(21)).mistakes).toMatchObject([
      { code: 'too_many_terms', from: words(20).length + 1 },
    ])
  })

  const PIECES = [
    ...KEYS.map(({ key }) => `${key}:`),
    'tag[',
    ']:',
    ']',
    '"',
    '\\',
    '*',
    '!',
    ':',
    ' ',
    ' ',
    '>',
    '<=',
    '-24h',
    '2026-01-01',
    '12',
    'error',
    'new',
    'me',
    'Größe',
    'web@1.2',
    '\0',
    '\n',
    '//',
    '\ud83d',
    '😀',
    'a b',
    '%',
    '_',
    "'",
    ';--',
  ]
  it('SEARCH-01: any text is read or refused with places inside it; what is read is written back the same', () => {
    const random = randomFrom(20261123)
    let read = 0
    for (let round = 0; round < 5_000; round++) {
      const text = Array.from({ length: random.below(12) }, () => random.oneOf(PIECES)).join('')
      const { terms, mistakes } = parseQuery(text)
      for (const { from, to } of [...terms, ...mistakes]) {
        expect(0 <= from && from <= to && to <= text.length, text).toBe(true)
      }
      if (mistakes.length > 0 || terms.length === 0) continue
      read++
      const written = formatQuery(terms)
      expect(bare(written), `${JSON.stringify(text)} → ${JSON.stringify(written)}`).toEqual(bare(text))
    }
    expect(read).toBeGreaterThan(700)
  })

  it('SEARCH-02: hostile text is read in one pass', () => {
    const n = 10_000
    for (const piece of [
      '"',
      '[',
      'tag[',
      '*',
      '!',
      'a:',
      ':',
      '\\',
      'a:"',
      '("',
      '\ud800',
      'tag["',
      '!!a:*',
    ]) {
      const { terms, mistakes } = parseQuery(piece.repeat(n))
      expect(terms.length).toBeLessThanOrEqual(20)
      // Each term has at most two mistakes, and one says that there are too many.
      expect(mistakes.length).toBeLessThanOrEqual(41)
    }
    // Twice the text, twice the characters looked at: counted, not timed.
    const looks = (text: string) => {
      let count = 0
      const counted = new Proxy(Object(text), {
        get(target, key) {
          if (typeof key === 'string' && /^\d+$/.test(key)) count++
          const value = Reflect.get(target, key)
          return typeof value === 'function' ? value.bind(text) : value
        },
      }) as string
      parseQuery({ replaceAll: () => counted } as unknown as string)
      return count
    }
    for (const piece of ['a', '"a', 'a:*', 'tag[a', 'a.b-c']) {
      const [once, twice] = [looks(piece.repeat(1_000)), looks(piece.repeat(2_000))]
      expect(once).toBeGreaterThan(0)
      expect(twice).toBeLessThanOrEqual(once * 2 + 20)
    }
  })
})

describe('completion', () => {
  const at = (marked: string) => completionAt(marked.replace('|', ''), marked.indexOf('|'))
  it.each([
    ['|', { kind: 'key', prefix: '', from: 0, to: 0 }],
    ['lev|', { kind: 'key', prefix: 'lev', from: 0, to: 3 }],
    ['a:b !rel|', { kind: 'key', prefix: 'rel', from: 5, to: 8 }],
    ['level:er| x', { kind: 'value', key: 'level', bracketed: false, prefix: 'er', from: 6, to: 8 }],
    ['browser:|', { kind: 'value', key: 'browser', bracketed: false, prefix: '', from: 8, to: 8 }],
    [
      'tag[my os]:"Mac O|',
      { kind: 'value', key: 'my os', bracketed: true, prefix: 'Mac O', from: 11, to: 17 },
    ],
    ['"free te|', null],
    ['https://exa|', null],
  ])('SEARCH-04: %s', (marked, expected) => {
    expect(at(marked)).toEqual(expected)
  })

  it('SEARCH-04: a choice takes the place of what was typed', () => {
    expect(complete('lev x', at('lev| x')!, 'level:')).toEqual({ text: 'level: x', caret: 6 })
    expect(complete('browser:m', at('browser:m|')!, 'Mobile Safari')).toEqual({
      text: 'browser:"Mobile Safari" ',
      caret: 24,
    })
  })
})
