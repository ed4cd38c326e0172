import { describe, expect, it } from 'vitest'
import { codeTokens } from '../../../utils/code-tokens.ts'
import { markColumn } from '../../../utils/mark-column.ts'

const mark = (line: string, column: number | undefined) => {
  const tokens = codeTokens(line.replaceAll('\t', '  '), 'javascript')
  const pieces = markColumn(tokens, line, column)
  expect(pieces.map(({ text }) => text).join('')).toBe(line.replaceAll('\t', '  '))
  return pieces.filter((piece) => piece.marked).map(({ text }) => text)
}

describe('DETAIL-01 markColumn', () => {
  it('marks the word that begins at the column', () => {
    expect(mark("  throw new Error('x')", 9)).toEqual(['new'])
    expect(mark('user.name.first', 6)).toEqual(['name'])
  })
  it('marks one character where no word begins', () => expect(mark('a = (b)', 5)).toEqual(['(']))
  it('counts tabs as they are shown', () => expect(mark('\t\treturn boom()', 10)).toEqual(['boom']))
  it('marks nothing beyond the line, in a cut line, or without a column', () => {
    expect(mark('short', 99)).toEqual([])
    expect(mark('{snip} a.b {snip}', 8)).toEqual([])
    expect(mark('x', undefined)).toEqual([])
    expect(mark('x', 0)).toEqual([])
  })
})
