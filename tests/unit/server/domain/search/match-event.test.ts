// Single terms and their edges, as they are written. That the answers are those of stored search is shown against
// PostgreSQL in tests/integration/storage/match-event.test.ts.
import { describe, expect, it } from 'vitest'
import { DomainError } from '#server/domain/errors.ts'
import { toTsvectorText, wordLexemes } from '#server/domain/ingest/lexemes.ts'
import {
  compileEventFilter,
  matchableEvent,
  readTsvectorText,
  type MatchableEvent,
} from '#server/domain/search/match-event.ts'

const event = (fields: Partial<MatchableEvent> = {}): MatchableEvent => ({
  issueId: '7',
  level: 3,
  platform: 'node',
  environment: 'production',
  release: 'web@1.2.0',
  transaction: null,
  title: 'TypeError: boom',
  message: null,
  user: null,
  tags: {},
  lexemes: wordLexemes('TypeError: boom'),
  ...fields,
})
const fits = (query: string, fields?: Partial<MatchableEvent>) => compileEventFilter({ query })(event(fields))

describe('a filter of events', () => {
  it('STREAM-02: without any word lets everything through', () => {
    expect(compileEventFilter({})(event())).toBe(true)
    expect(compileEventFilter({ query: '', tags: {} })(event())).toBe(true)
  })

  it('STREAM-02: of a list one must hold, of the parts all', () => {
    const test = compileEventFilter({ level: ['error', 'fatal'], environment: ['production'], issueId: '7' })
    expect(test(event())).toBe(true)
    expect(test(event({ level: 4 }))).toBe(true)
    expect(test(event({ level: 2 }))).toBe(false)
    expect(test(event({ environment: 'staging' }))).toBe(false)
    expect(test(event({ issueId: null }))).toBe(false)
    expect(compileEventFilter({ level: [] })(event())).toBe(false)
    expect(compileEventFilter({ release: ['web@1.2.0', 'x'] })(event({ release: null }))).toBe(false)
  })

  it('STREAM-02: tags are compared whole, and names from every object are no tags', () => {
    expect(compileEventFilter({ tags: { browser: 'Chrome' } })(event({ tags: { browser: 'Chrome' } }))).toBe(
      true,
    )
    expect(compileEventFilter({ tags: { browser: 'chrome' } })(event({ tags: { browser: 'Chrome' } }))).toBe(
      false,
    )
    expect(fits('has:constructor')).toBe(false)
    expect(fits('has:__proto__')).toBe(false)
    expect(fits('__proto__:x', { tags: JSON.parse('{"__proto__":"x"}') })).toBe(true)
  })

  it.each([
    ['release:web@*', 'web@1', true],
    ['release:*@*', '@', true],
    ['release:ab*ba', 'aba', false],
    ['release:ab*ba', 'abba', true],
    ['release:a*b*b', 'ab', false],
    ['release:*aab', 'aaab', true],
    ['release:"web*"', 'web1', false],
    ['release:w_b*', 'web1', false],
    ['release:w.b*', 'web1', false],
    ['release:(*', '(x', true],
    ['release:WEB*', 'web1', false],
    ['!release:x', null, true],
    ['has:release', '', true],
    ['has:release', null, false],
  ])('STREAM-02: %s on %j is %j', (query, release, expected) => {
    expect(fits(query, { release })).toBe(expected)
  })

  it('STREAM-02: words are found from three letters on, phrases where they stand', () => {
    const lexemes = wordLexemes('OrderService.handleRequest ΟΔΟΣ')
    const said = { title: 'OrderService.handleRequest', message: 'ΟΔΟΣ İx', lexemes }
    for (const query of ['hand', 'order serv', '"service.HANDLE"', '!nowhere', '"οΔΟΣ"'])
      expect(fits(query, said)).toBe(true)
    for (const query of ['ha', 'andle', '"handle service"', '!hand', '!!!', '"…"'])
      expect(fits(query, said)).toBe(false)
  })

  it('STREAM-02: what cannot be read is refused with its place, as by every search', () => {
    for (const query of ['level:loud', 'is:unresolved', '"open', 'a:*', 'x '.repeat(21)]) {
      expect(() => compileEventFilter({ query })).toThrow(DomainError)
    }
  })

  it('STREAM-02: hostile patterns and phrases on hostile texts stay linear', () => {
    const text = 'a'.repeat(8_192)
    const phrase = compileEventFilter({ query: `"${'a'.repeat(240)}b${'a'.repeat(240)}"` })
    const pattern = compileEventFilter({ query: `release:*${'a'.repeat(230)}b*${'a'.repeat(230)}` })
    const hostile = event({ message: text, release: text, lexemes: wordLexemes('a'.repeat(240)) })
    const started = performance.now()
    for (let i = 0; i < 100; i++) {
      expect(phrase(hostile)).toBe(false)
      expect(pattern(hostile)).toBe(false)
    }
    // Quadratic it would be seconds.
    expect(performance.now() - started).toBeLessThan(1_000)
  })

  it('STREAM-02: the words of a stored event are read back as they were written', () => {
    const words = ["it's", 'a\\b', "a' 'b", "'", '\\', "''", 'plain', 'key=two words', 'ü']
    expect(readTsvectorText(toTsvectorText(words))).toEqual(words)
    expect(readTsvectorText(toTsvectorText(['plain', 'key=two words']))).toEqual(['plain', 'key=two words'])
    expect(readTsvectorText('')).toEqual([])
  })

  it('STREAM-02: tags and words of an arriving event are read when they are asked for, once', () => {
    const row = {
      ...{
        level: 3,
        platform: 'node',
        environment: 'production',
        release: null,
        transaction: null,
        message: null,
      },
      ...{ userLabel: '42', tags: '{"a":"1"}', search: "'boom' 'a=1' '=user.id=42'" },
    }
    const made = matchableEvent(row, 'boom', '7')
    expect(compileEventFilter({ query: 'user.id:42 a:1 boom' })(made)).toBe(true)
    expect(made.tags).toBe(made.tags)
    expect(made.lexemes).toBe(made.lexemes)
    const broken = matchableEvent({ ...row, tags: '{', search: "'open" }, 'boom', null)
    expect(compileEventFilter({ level: ['error'] })(broken)).toBe(true)
  })
})
