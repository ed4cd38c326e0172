import { describe, expect, it } from 'vitest'
import { findText } from '../../../utils/find-text.ts'

const finds = (text: string, word: string, max?: number) =>
  findText(text, word, max).filter(({ found }) => found !== undefined)

describe('DETAIL-05 finding in the JSON', () => {
  it('is together always exactly the text', () => {
    const text = '{"a": "(x+)+$", "İstanbul": "<b>A</b>"}'
    for (const word of ['', 'a', '(x+)+$', '<b>', 'İ', 'i', '\\', '/', '-', 'not there'])
      expect(
        findText(text, word)
          .map((piece) => piece.text)
          .join(''),
        word,
      ).toBe(text)
  })
  it('finds in whatever case, words as they are written, numbered', () => {
    expect(finds('Ab aB', 'ab')).toEqual([
      { text: 'Ab', found: 0 },
      { text: 'aB', found: 1 },
    ])
    expect(finds('aaa(x+)+$', '(x+)+$')).toHaveLength(1)
    expect(finds('aaa', '.*')).toHaveLength(0)
  })
  it('stops at the bound and keeps the rest', () => {
    const pieces = findText('a'.repeat(5_000), 'a')
    expect(pieces).toHaveLength(1_001)
    expect(pieces.at(-1)).toEqual({ text: 'a'.repeat(4_000) })
  })
})
