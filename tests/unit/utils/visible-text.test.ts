import { describe, expect, it } from 'vitest'
import { visibleLine, visibleText } from '../../../utils/visible-text.ts'

describe('visibleText', () => {
  it('shows what would reorder, hide or act', () => {
    expect(visibleText('invoice\u202Egnp.exe')).toBe('invoice‹U+202E›gnp.exe')
    expect(visibleText('\u001B[31mred\u0000')).toBe('‹ESC›[31mred‹U+0000›')
    expect(visibleText('a\u200Bb\uFEFFc\u{E0041}')).toBe('a‹U+200B›b‹U+FEFF›c‹U+E0041›')
  })
  it('keeps what languages and emoji need', () => {
    const text = 'مرحبا שלום می‌خواهم 👩‍💻 e\u0301\ttab'
    expect(visibleText(text)).toBe(text)
  })
  it('keeps lines, in one way', () => expect(visibleText('a\r\nb\rc\nd')).toBe('a\nb\nc\nd'))
})

describe('visibleLine', () => {
  it('marks where lines were', () =>
    expect(visibleLine(' first\n  second \r\nthird ')).toBe('first ↵ second ↵ third'))
})
