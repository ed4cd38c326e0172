// Free text → tsquery text, cut into words by the functions that made the index (domain/ingest/lexemes.ts). All words
// must be found, those of three letters and more from their beginning: `hand` finds `OrderService.handleRequest`.
// `browser=Chrome` finds the tag as well as the two words. Only letters, digits and quoted lexemes reach PostgreSQL.
import { DomainError } from '../errors.ts'
import { tagLexeme, wordLexemes } from '../ingest/lexemes.ts'

const MAX_TERMS = 20
const MIN_PREFIX_CHARACTERS = 3
const WORD = /[\p{L}\p{N}]+/gu
const TAG = /^([\w.:-]{1,200})=(.+)$/

/** A lexeme, or with `prefix` what begins with it. */
export interface Word {
  lexeme: string
  prefix: boolean
}
/** What one token asks for: all of its words, or instead the tag it may be. */
export interface WordsOfToken {
  words: readonly Word[]
  tag: string | null
}

/** Null without any text; the empty tsquery, which matches nothing, when the text holds no word. */
export function toTsqueryText(text: string | undefined): string | null {
  return readWords(text)?.map(tokenText).join(' & ') ?? null
}

/**
 * The same as data. Null without any text; empty when the text holds no word.
 * @throws DomainError validation_failed for too many words
 */
export function readWords(text: string | undefined): WordsOfToken[] | null {
  const tokens = (text ?? '').split(/\s+/).filter(Boolean)
  if (tokens.length === 0) return null
  const found = new Map(tokens.map(wordsOf).map((one) => [tokenText(one), one]))
  found.delete('')
  if (found.size > MAX_TERMS) {
    const message = `takes at most ${MAX_TERMS} words`
    throw new DomainError(
      'validation_failed',
      { in: 'query', problems: [{ path: 'query', message }] },
      `query: ${message}`,
    )
  }
  return [...found.values()]
}

function wordsOf(token: string): WordsOfToken {
  // Humps are in the index too, but the word as written is stricter and just as findable.
  const lexemes = (token.match(WORD) ?? []).map((word) => wordLexemes(word)[0] ?? '')
  const words = [...new Set(lexemes)]
    .filter((lexeme) => lexeme !== '')
    .map((lexeme) => ({ lexeme, prefix: [...lexeme].length >= MIN_PREFIX_CHARACTERS }))
  const [, key, value] = TAG.exec(token) ?? []
  return { words, tag: key === undefined || value === undefined ? null : tagLexeme(key, value) }
}

function tokenText({ words, tag }: WordsOfToken): string {
  const all = words
    .map(({ lexeme, prefix }) => (prefix ? `${quoteLexeme(lexeme)}:*` : quoteLexeme(lexeme)))
    .join(' & ')
  if (tag === null) return all
  return all === '' ? quoteLexeme(tag) : `(${quoteLexeme(tag)} | (${all}))`
}

/** A lexeme of a tsquery, whatever it holds. */
export const quoteLexeme = (word: string): string =>
  `'${word.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
