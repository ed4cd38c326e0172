// Marks where in its line a frame stood: the word that begins at the column, or the one character there.
// Columns count from 1. A line that the SDK has cut ("{snip}") no longer has that column: nothing is marked then.
import type { CodeToken } from './code-tokens.ts'

export type MarkedToken = CodeToken & { marked?: boolean }

/** `line` is the text as sent; `tokens` are of the same line with tabs written as two spaces. */
export function markColumn(tokens: CodeToken[], line: string, colno: number | undefined): MarkedToken[] {
  const text = tokens.map((token) => token.text).join('')
  if (colno === undefined || colno < 1 || colno > line.length || line.includes('{snip}')) return tokens
  const before = line.slice(0, colno - 1)
  const start = before.length + (before.match(/\t/g)?.length ?? 0)
  const word = /^[\w$]+|^\S/.exec(text.slice(start))?.[0]
  if (!word) return tokens
  return splitAt(tokens, start, start + word.length)
}

function splitAt(tokens: CodeToken[], start: number, end: number): MarkedToken[] {
  const pieces: MarkedToken[] = []
  let at = 0
  for (const { text, kind } of tokens) {
    const [from, to] = [Math.max(0, start - at), Math.max(0, Math.min(text.length, end - at))]
    if (from >= text.length || to <= 0 || from >= to) pieces.push({ text, kind })
    else {
      if (from > 0) pieces.push({ text: text.slice(0, from), kind })
      pieces.push({ text: text.slice(from, to), kind, marked: true })
      if (to < text.length) pieces.push({ text: text.slice(to), kind })
    }
    at += text.length
  }
  return pieces
}
