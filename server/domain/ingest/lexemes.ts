// Search words of an event, made here rather than by `to_tsvector`, which makes `OrderService.handleRequest` one word.
// Words are split at everything that is neither letter nor digit and at camelCase humps; the whole is kept as well.
// A query is cut into words by the same functions, so both sides agree.
import type { NormalEvent } from '#shared/schemas/event.ts'
import { remember } from '../grouping/v1/remember.ts'
import { cleanText } from './text.ts'

const MAX_LEXEMES = 256
/** Bytes of UTF-8. PostgreSQL takes 2,046; nobody searches for longer words than this. */
const MAX_LEXEME_BYTES = 200
/** Of one text: the rest of a long message is shown, not searched. */
const MAX_TEXT_CHARACTERS = 2_048
/** Functions of the stack that are searchable, nearest to the crash first. */
const MAX_FUNCTIONS = 40

// A hump begins at a capital after a small letter or digit, and at the last of several capitals (HTTPServer → http server).
const HUMP = /(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u
const WORD_CHARACTER = /[\p{L}\p{N}\p{M}]/u

export function lexemes(event: NormalEvent, title: { title: string; type: string | undefined }): string[] {
  const found = new Set<string>()
  // Tags first: they are few and exact filters, so a long message must not push them out.
  for (const [key, value] of event.tags) {
    add(found, tagKeyLexeme(key))
    add(found, tagLexeme(key, value))
  }
  // Of a user the row keeps one name, and people look for the others too.
  if (event.user?.id !== undefined) add(found, userLexeme('user.id', event.user.id))
  if (event.user?.email !== undefined) add(found, userLexeme('user.email', event.user.email))
  addWords(found, title.title)
  if (title.type !== undefined) addName(found, title.type)
  for (const name of inAppFunctions(event)) addName(found, name)
  if (event.message !== undefined) addWords(found, event.message)
  return [...found]
}

/** The words of a text, as they are indexed. */
export function wordLexemes(text: string): string[] {
  const found = new Set<string>()
  addWords(found, text)
  return [...found]
}

/** Types and functions are the same from event to event. */
const nameLexemes = remember(wordLexemes)

function addName(found: Set<string>, name: string): void {
  for (const word of nameLexemes(name)) add(found, word)
}

/** Any value of this tag. The equals sign keeps it apart from a word of a message. */
export const tagKeyLexeme = remember((key) => lexeme(`${key}=`))
export const tagLexeme = (key: string, value: string): string => lexeme(`${key}=${value}`)

/** Begins as no word does: whoever looks for the word `user` does not mean everything that happened to one. */
export const userLexeme = (key: 'user.id' | 'user.email', value: string): string => lexeme(`=${key}=${value}`)

const NEEDS_ESCAPE = /['\\]/

/** Text for `$1::tsvector`, whatever the lexemes hold. */
export function toTsvectorText(words: readonly string[]): string {
  let text = ''
  for (const word of words) {
    if (word === '') continue
    if (text !== '') text += ' '
    text += NEEDS_ESCAPE.test(word) ? `'${word.replaceAll('\\', '\\\\').replaceAll("'", "''")}'` : `'${word}'`
  }
  return text
}

/** One pass: the text is cut at spaces into tokens, a token at everything else into words. */
function addWords(found: Set<string>, text: string): void {
  const length = Math.min(text.length, MAX_TEXT_CHARACTERS)
  let i = 0
  while (i < length && found.size < MAX_LEXEMES) {
    while (i < length && !isWord(text, i)) i++
    const begin = i
    let wordBegin = -1
    let end = i
    let words = 0
    for (; i < length && !isSpace(text.charCodeAt(i)); i++) {
      if (isWord(text, i)) {
        if (wordBegin === -1) wordBegin = i
        end = i + 1
      } else if (wordBegin !== -1) {
        addWord(found, text.slice(wordBegin, i))
        words++
        wordBegin = -1
      }
    }
    if (wordBegin !== -1) {
      addWord(found, text.slice(wordBegin, i))
      words++
    }
    // Without the punctuation at its ends.
    if (words > 1) add(found, lexeme(text.slice(begin, end)))
  }
}

function addWord(found: Set<string>, word: string): void {
  const whole = lexeme(word)
  add(found, whole)
  if (whole === word || !HUMP.test(word)) return
  for (const hump of word.split(HUMP)) add(found, lexeme(hump))
}

function isWord(text: string, at: number): boolean {
  const c = text.charCodeAt(at)
  if (c < 0x80) return (c >= 0x61 && c <= 0x7a) || (c >= 0x30 && c <= 0x39) || (c >= 0x41 && c <= 0x5a)
  // Surrogates are taken as parts of words: most of what they write is letters or symbols worth finding.
  return (c >= 0xd800 && c <= 0xdfff) || WORD_CHARACTER.test(text[at]!)
}

const isSpace = (c: number): boolean => c === 0x20 || (c >= 0x09 && c <= 0x0d) || c === 0xa0 || c === 0x3000

function add(found: Set<string>, word: string): void {
  if (word !== '' && found.size < MAX_LEXEMES) found.add(word)
}

function lexeme(text: string): string {
  const lower = cleanText(text.toLowerCase())
  // A code unit is at most three bytes, so short texts need no counting.
  if (lower.length * 3 <= MAX_LEXEME_BYTES || Buffer.byteLength(lower) <= MAX_LEXEME_BYTES) return lower
  const bytes = Buffer.from(lower).subarray(0, MAX_LEXEME_BYTES)
  // A character cut in two decodes to U+FFFD at the end.
  return bytes.toString('utf8').replace(/\uFFFD+$/, '')
}

function inAppFunctions(event: NormalEvent): string[] {
  const names: string[] = []
  for (const exception of event.exceptions.toReversed()) {
    for (const frame of exception.stacktrace?.frames.toReversed() ?? []) {
      if (names.length === MAX_FUNCTIONS) return names
      if (frame.inApp && frame.function !== undefined && frame.function !== '?') names.push(frame.function)
    }
  }
  return names
}
