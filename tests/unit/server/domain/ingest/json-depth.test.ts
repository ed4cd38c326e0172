import { describe, expect, it } from 'vitest'
import { exceedsDepth, scanJson } from '#server/domain/ingest/json-depth.ts'

const bytes = (text: string): Buffer => Buffer.from(text)
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)

describe('exceedsDepth', () => {
  it('INGEST-06: allows 64 levels and refuses 65', () => {
    expect(exceedsDepth(bytes(nested(64)))).toBe(false)
    expect(exceedsDepth(bytes(nested(65)))).toBe(true)
    expect(exceedsDepth(bytes('{"a":'.repeat(65) + '1' + '}'.repeat(65)))).toBe(true)
  })

  it('sees through depth 10,000 and one million open brackets', () => {
    expect(exceedsDepth(bytes(nested(10_000)))).toBe(true)
    expect(exceedsDepth(Buffer.alloc(1_000_000, '['))).toBe(true)
  })

  it('does not count brackets in strings, whatever is escaped there', () => {
    const open = '['.repeat(100)
    expect(exceedsDepth(bytes(`["${open}"]`))).toBe(false)
    expect(exceedsDepth(bytes(`["\\"${open}"]`))).toBe(false)
    expect(exceedsDepth(bytes(`["\\\\",${open}`))).toBe(true)
    expect(exceedsDepth(bytes(`["\\\\\\"${open}"]`))).toBe(false)
    expect(exceedsDepth(bytes(`["é€😀\\u0022${open}"]`))).toBe(false)
  })

  it('counts depth, not brackets', () => {
    expect(exceedsDepth(bytes(`[${Array(5_000).fill('{"a":[]}').join(',')}]`))).toBe(false)
  })

  it('comes to an end on text that is not JSON', () => {
    for (const text of ['', '"', '"\\', '\\', '[[[', ']]]]', '{"a', '"abc\\"'])
      expect(exceedsDepth(bytes(text))).toBe(false)
  })
})

describe('scanJson', () => {
  const hasLongInteger = (text: string): boolean => scanJson(bytes(text)).hasLongInteger

  it('finds integers too long for a double, and only those', () => {
    expect(hasLongInteger('{"id":9007199254740993}')).toBe(true)
    expect(hasLongInteger('[-9007199254740993]')).toBe(true)
    expect(hasLongInteger('{"id":"9007199254740993"}')).toBe(false)
    expect(hasLongInteger('[0.30000000000000004]')).toBe(false)
    expect(hasLongInteger('[123456789012345, 123456789012345]')).toBe(false)
    expect(hasLongInteger('[1.5, 9007199254740993]')).toBe(true)
  })
})
