import { describe, expect, it } from 'vitest'
import { csvCell, csvRow } from '#server/domain/events/csv.ts'

describe('EVENTS-03 cells of an exported table', () => {
  it.each([
    ['=HYPERLINK("http://evil")', `"'=HYPERLINK(""http://evil"")"`],
    ['+1', "'+1"],
    ['-2+3', "'-2+3"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['\t=1', "'\t=1"],
    ['\r=1', `"'\r=1"`],
    ['\n=1', `"'\n=1"`],
    ['＝1', "'＝1"],
  ])('makes %j harmless', (text, cell) => expect(csvCell(text)).toBe(cell))

  it.each([
    ['plain', 'plain'],
    ['', ''],
    ['a,b', '"a,b"'],
    ['say "x"', '"say ""x"""'],
    ['two\r\nlines', '"two\r\nlines"'],
    ['a=b', 'a=b'],
    ["'=1", "'=1"],
  ])('keeps %j as it is, in quotes where RFC 4180 wants them', (text, cell) =>
    expect(csvCell(text)).toBe(cell),
  )

  it('ends a record with CR LF', () => expect(csvRow(['a', '=b', ''])).toBe("a,'=b,\r\n"))
})
