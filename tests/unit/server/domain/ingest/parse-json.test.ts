import { describe, expect, it } from 'vitest'
import { DomainError } from '#server/domain/errors.ts'
import { parseJson } from '#server/domain/ingest/parse-json.ts'

const parse = (text: string): unknown => parseJson(Buffer.from(text))

function errorOf(run: () => unknown): DomainError {
  try {
    run()
  } catch (error) {
    if (error instanceof DomainError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('parseJson', () => {
  it('INGEST-06: says where the text stops being JSON, and quotes nothing of it', () => {
    const error = errorOf(() => parse('{"password": "hunter2",\n  "b" 1}'))
    expect(error.code).toBe('invalid_json')
    expect(error.details).toEqual({ position: 30, line: 2, column: 7 })
    expect(error.message).toContain('expected ":" at position 30 (line 2, column 7)')
    expect(error.message).not.toContain('hunter2')
  })

  it.each([
    ['{', 'a property name in double quotes', 1],
    ['[1,]', 'a value', 3],
    ['{"a":1,}', 'a property name in double quotes', 7],
    ['[1 2]', '"," or "]"', 3],
    ['"abc', 'a closing quote', 4],
    ['"a\\x"', 'a known escape', 2],
    ['[1] 2', 'the end', 4],
    ['nul', 'a value', 0],
    ['{"a":NaN}', 'a value', 5],
    ['"a\nb"', 'no control character inside a string', 2],
  ])('%j: expected %s', (text, expected, position) => {
    expect(errorOf(() => parse(text)).message).toContain(`expected ${expected} at position ${position} `)
  })

  it('tells an empty body from a broken one', () => {
    expect(errorOf(() => parse('')).code).toBe('empty_body')
    expect(errorOf(() => parse(' \n ')).code).toBe('empty_body')
  })

  it('INGEST-06: refuses depth 10,000 before parsing', () => {
    const error = errorOf(() => parse('['.repeat(10_000) + ']'.repeat(10_000)))
    expect(error.code).toBe('too_deep')
    expect(error.details).toEqual({ maxDepth: 64 })
  })

  it('keeps integers beyond 2^53 as text, and all other numbers as numbers', () => {
    expect(
      parse('{"a":9007199254740993,"b":-123456789012345678901,"c":9007199254740991,"d":1.5e300}'),
    ).toEqual({
      a: '9007199254740993',
      b: '-123456789012345678901',
      c: 9007199254740991,
      d: 1.5e300,
    })
    expect(parse('[0.12345678901234567, 12345678901234567890.5]')).toEqual([
      Number('0.12345678901234567'),
      Number('12345678901234567890.5'),
    ])
  })

  it('INGEST-03: replaces NUL and lone surrogates, in keys too', () => {
    expect(parse('{"a\\u0000":"x\\u0000y","b":["\\ud800","\\udc00z","\\ud83d\\ude00"]}')).toEqual({
      'a\uFFFD': 'x\uFFFDy',
      b: ['\uFFFD', '\uFFFDz', '😀'],
    })
  })

  it('replaces bytes that are not UTF-8, and skips a byte order mark', () => {
    expect(parseJson(Buffer.from([0x22, 0xff, 0x41, 0x22]))).toBe('\uFFFDA')
    expect(parseJson(Buffer.from([0xef, 0xbb, 0xbf, 0x31]))).toBe(1)
  })

  it('takes __proto__ for a key like any other, also where strings are cleaned', () => {
    for (const text of ['{"__proto__":{"admin":true}}', '{"__proto__":{"admin":true},"x":"\\u0000"}']) {
      const value = parse(text) as Record<string, unknown>
      expect(Object.hasOwn(value, '__proto__')).toBe(true)
      expect(value.admin).toBeUndefined()
    }
  })
})
