// FROZEN (see ../v1.ts). A message → the same text for every occurrence of one error: what varies becomes `<kind>`,
// what means something (HTTP status, errno, SQLSTATE, signal, exit code, port, version) stays.
//
// One pass from left to right. At each place where a word may begin, the recognisers of words.ts are asked in order;
// each looks at a bounded stretch only, so time grows with the length of the text and no faster.
import { matchWord } from './words.ts'

/** What makes two messages different errors stands at their beginning. */
const MAX_CHARACTERS = 1_024
/** The first lines are read until they hold this much: `[` or `Validation failed:` alone says too little. */
const ENOUGH_CHARACTERS = 40
const MAX_LINES = 10
/** A quoted value after `=` that is longer is left as it is. */
const MAX_QUOTED = 256

export function normaliseMessage(message: string): string {
  const text = leadingLines(message)
  let out = ''
  let i = 0
  let beginsWord = true
  while (i < text.length) {
    const c = text.charCodeAt(i)
    if (isSpace(c)) {
      while (i < text.length && isSpace(text.charCodeAt(i))) i++
      out += ' '
      beginsWord = true
      continue
    }
    if (c === EQUALS) {
      const end = quotedEnd(text, i + 1)
      out += end === -1 ? '=' : '=<quoted>'
      i = end === -1 ? i + 1 : end
      beginsWord = true
      continue
    }
    const word = beginsWord ? matchWord(text, i) : undefined
    if (word) {
      out += word.as
      i = word.end
      beginsWord = !isAlphanumeric(text.charCodeAt(i - 1)) || !isAlphanumeric(text.charCodeAt(i))
      continue
    }
    out += text[i]
    i++
    beginsWord = !isAlphanumeric(c)
  }
  return out.trim()
}

function leadingLines(message: string): string {
  const text = message.slice(0, MAX_CHARACTERS).trim()
  let end = 0
  let seen = 0
  for (let lines = 0; lines < MAX_LINES && seen < ENOUGH_CHARACTERS && end < text.length; lines++) {
    const next = text.indexOf('\n', end)
    const lineEnd = next === -1 ? text.length : next
    seen += text.slice(end, lineEnd).trim().length
    end = lineEnd + 1
  }
  return text.slice(0, end)
}

/** Where the quoted text beginning at `from` ends; -1 when there is none. */
function quotedEnd(text: string, from: number): number {
  const quote = text[from]
  if (quote !== '"' && quote !== "'" && quote !== '`') return -1
  const most = Math.min(text.length, from + MAX_QUOTED)
  for (let i = from + 1; i < most; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === quote) return i + 1
  }
  return -1
}

const EQUALS = 0x3d

const isSpace = (c: number): boolean => c === 0x20 || (c >= 0x09 && c <= 0x0d) || c === 0xa0

const isAlphanumeric = (c: number): boolean =>
  (c >= 0x30 && c <= 0x39) || (c >= 0x41 && c <= 0x5a) || (c >= 0x61 && c <= 0x7a) || c > 0x7f
