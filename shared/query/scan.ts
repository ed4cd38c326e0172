// Text → tokens, in one pass and without backtracking: a token is a word, a quoted text, or `key:value`.
// What is no key (`TypeError: boom`, `https://…`, `std::vector`) stays words, so that a pasted message can be searched.
import type { Mistake, Pattern, Place } from './ast.ts'
import { knownKey } from './keys.ts'

export type Token = Place & { negated: boolean } & (
    | { kind: 'text'; text: string; quoted: boolean }
    | {
        kind: 'pair'
        key: string
        /** It was written `tag[key]`. */
        bracketed: boolean
        value: Value
      }
  )

export interface Value extends Place {
  parts: Pattern
  /** Any of it stood in quotes, so it is no operator and no word of ours. */
  quoted: boolean
}

const TAG_OPEN = 'tag['
// Control characters separate as spaces do: they are in no value we keep.
// eslint-disable-next-line no-control-regex -- they are what it looks for
const isSpace = (c: string): boolean => /[\s\u0000-\u001f\u007f]/.test(c)
const isKeyCharacter = (c: string): boolean => /[\p{L}\p{N}_.-]/u.test(c)

/** The next token from `at` on; null at the end of the text. */
export function scanToken(text: string, at: number, mistakes: Mistake[]): Token | null {
  let from = at
  while (from < text.length && isSpace(text[from]!)) from++
  if (from >= text.length) return null
  // `!` negates what follows it at once; several of them are punctuation.
  const next = text[from + 1]
  const negated = text[from] === '!' && next !== undefined && next !== '!' && !isSpace(next)
  const start = negated ? from + 1 : from
  const pair = scanPair(text, start, mistakes)
  if (pair) return { ...pair, negated, from }
  if (text[start] === '"') {
    const { content, to } = scanQuoted(text, start, mistakes)
    return { kind: 'text', text: content, quoted: true, negated, from, to }
  }
  let to = start
  while (to < text.length && !isSpace(text[to]!)) to++
  return { kind: 'text', text: text.slice(start, to), quoted: false, negated, from, to }
}

function scanPair(text: string, start: number, mistakes: Mistake[]) {
  const name = text.startsWith(TAG_OPEN, start) ? scanBracket(text, start, mistakes) : scanKey(text, start)
  if (!name) return null
  const valueAt = name.to + 1
  // `std::vector` and `https://…` are words.
  if (!name.bracketed && (text[valueAt] === ':' || text.startsWith('//', valueAt))) return null
  const value = scanValue(text, valueAt, mistakes)
  const isEmpty = value.from === value.to
  if (isEmpty && !name.bracketed && !knownKey(name.key)) return null
  return { kind: 'pair' as const, key: name.key, bracketed: name.bracketed, value, to: value.to }
}

/** `key:`; null when there is no key here. `to` is the place of the colon. */
function scanKey(text: string, start: number) {
  let to = start
  while (to < text.length && isKeyCharacter(text[to]!)) to++
  return to > start && text[to] === ':' ? { key: text.slice(start, to), bracketed: false, to } : null
}

/** `tag[key]:`, the key in quotes when it holds a bracket. */
function scanBracket(text: string, start: number, mistakes: Mistake[]) {
  let at = start + TAG_OPEN.length
  let key: string
  if (text[at] === '"') {
    const quoted = scanQuoted(text, at, mistakes)
    key = quoted.content
    at = quoted.to
  } else {
    const from = at
    while (at < text.length && text[at] !== ']' && text[at] !== '"') at++
    key = text.slice(from, at).trim()
  }
  if (text[at] === ']' && text[at + 1] === ':') {
    if (key === '') {
      mistakes.push(mistake('missing_key', 'Name the tag between the brackets.', start, at + 1))
    }
    return { key, bracketed: true, to: at + 1 }
  }
  const message = 'Close the bracket and write a colon: tag[browser]:Chrome.'
  mistakes.push(mistake('unclosed_bracket', message, start, text.length))
  // Nothing after it can be told apart: the rest of the text belongs to it.
  return { key, bracketed: true, to: text.length }
}

/** Quoted and bare pieces up to the next space; `*` outside quotes stands for anything. */
function scanValue(text: string, from: number, mistakes: Mistake[]): Value {
  const start = Math.min(from, text.length)
  const parts = ['']
  let quoted = false
  let at = start
  while (at < text.length && !isSpace(text[at]!)) {
    const c = text[at]!
    if (c === '"') {
      const piece = scanQuoted(text, at, mistakes)
      parts[parts.length - 1] += piece.content
      quoted = true
      at = piece.to
    } else {
      if (c === '*') parts.push('')
      else parts[parts.length - 1] += c
      at++
    }
  }
  return { parts, quoted, from: start, to: at }
}

/** From a quote to the next; `\"` and `\\` stand for themselves without the backslash. */
function scanQuoted(text: string, start: number, mistakes: Mistake[]) {
  let content = ''
  let at = start + 1
  while (at < text.length && text[at] !== '"') {
    if (text[at] === '\\' && (text[at + 1] === '"' || text[at + 1] === '\\')) at++
    content += text[at]
    at++
  }
  if (at >= text.length) {
    mistakes.push(mistake('unclosed_quote', 'Close the quotation mark.', start, text.length))
    return { content, to: text.length }
  }
  return { content, to: at + 1 }
}

export const mistake = (code: Mistake['code'], message: string, from: number, to: number): Mistake => ({
  code,
  message,
  from,
  to: Math.max(from, to),
})
