import { describe, expect, it } from 'vitest'
import { toTsqueryText } from '#server/domain/search/text-query.ts'

describe('free text', () => {
  it.each([
    ['timeout', `'timeout':*`],
    ['TypeError: cannot read', `'typeerror':* & 'cannot':* & 'read':*`],
    ['OrderService.handleRequest', `'orderservice':* & 'handlerequest':*`],
    ['go 404 x', `'go' & '404':* & 'x'`],
    ['same Same SAME', `'same':*`],
    ['Größe 日本語', `'größe':* & '日本語':*`],
    ['browser=Chrome', `('browser=chrome' | ('browser':* & 'chrome':*))`],
  ])('%s becomes %s', (text, tsquery) => {
    expect(toTsqueryText(text)).toBe(tsquery)
  })

  it('filters nothing without text and finds nothing without a word', () => {
    expect(toTsqueryText(undefined)).toBeNull()
    expect(toTsqueryText('   ')).toBeNull()
    expect(toTsqueryText("!!! & | ' <->")).toBe('')
  })

  it.each([
    [`'; drop table issue; --`],
    [`a' | 'b`],
    [`!secret & (x:* <-> y)`],
    [`\\' | true`],
    [`x:ABCD*`],
    ['a\0b'],
    [`k=v' | 'other`],
    [`k=\\`],
  ])('%j stays words: operators and quotes do not survive', (text) => {
    const outside = toTsqueryText(text)!.replaceAll(/'(?:[^'\\]|''|\\\\)*'/g, 'L')
    expect(outside).toMatch(/^[L:*&|() ]*$/)
    expect(outside).not.toContain('LL')
  })

  it('takes at most twenty words', () => {
    const words = (n: number) => Array.from({ length: n }, (_, i) => `word${i}`).join(' ')
    expect(toTsqueryText(words(20))).toContain('word19')
    expect(() => toTsqueryText(words(21))).toThrow(expect.objectContaining({ code: 'validation_failed' }))
  })
})
