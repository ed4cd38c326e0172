// What the reader is in the middle of typing: a key or the value of one, and which part of the text a choice replaces.
import { patternText } from './format.ts'
import { scanToken } from './scan.ts'

export interface Completion {
  kind: 'key' | 'value'
  /** What stands there so far, without quotation marks. */
  prefix: string
  /** Of a value: its key, and whether it was written `tag[key]`. */
  key?: string
  bracketed?: boolean
  /** What a choice replaces. */
  from: number
  to: number
}

const KEY = /^!?([\p{L}\p{N}_.-]*)$/u
const PAIR = /^!?(?:tag\[([^\]]{1,200})\]|([\p{L}\p{N}_.-]{1,200})):(.*)$/su

/** @returns null where nothing can be suggested: in quoted text, or behind what is no key */
export function completionAt(text: string, caret: number): Completion | null {
  const { from, to } = tokenAt(text, caret)
  const typed = text.slice(from, caret)
  const key = KEY.exec(typed)
  if (key) return { kind: 'key', prefix: key[1]!, from: caret - key[1]!.length, to }
  const pair = PAIR.exec(typed)
  if (!pair) return null
  const value = pair[3]!
  if (value.startsWith(':') || value.startsWith('//')) return null
  return {
    kind: 'value',
    key: pair[1] ?? pair[2]!,
    bracketed: pair[1] !== undefined,
    prefix: value.replaceAll('"', ''),
    from: caret - value.length,
    to,
  }
}

/** The text with a choice put in, and where the caret belongs. */
export function complete(text: string, { from, to, kind }: Completion, choice: string) {
  const put = kind === 'key' ? choice : `${/^[<>]/.test(choice) ? choice : patternText([choice])} `
  const rest = text.slice(to)
  return {
    text: text.slice(0, from) + put + (put.endsWith(' ') ? rest.trimStart() : rest),
    caret: from + put.length,
  }
}

/** The token the caret stands in or behind; an empty one between two. */
function tokenAt(text: string, caret: number): { from: number; to: number } {
  for (let at = 0; ;) {
    const token = scanToken(text, at, [])
    if (!token || token.from > caret) return { from: caret, to: caret }
    if (caret <= token.to) return token
    at = token.to
  }
}
