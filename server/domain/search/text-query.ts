// Free text → tsquery text, cut into words by the functions that made the index (domain/ingest/lexemes.ts). All words
// must be found, those of three letters and more from their beginning: `hand` finds `OrderService.handleRequest`.
// `browser=Chrome` finds the tag as well as the two words. Only letters, digits and quoted lexemes reach PostgreSQL.
import { DomainError } from '../errors.ts'
import { tagLexeme, wordLexemes } from '../ingest/lexemes.ts'

const MAX_TERMS = 20
const MIN_PREFIX_CHARACTERS = 3
const WORD = /[\p{L}\p{N}]+/gu
const TAG = /^([\w.:-]{1,200})=(.+)$/

/** Null without any text; the empty tsquery, which matches nothing, when the text holds no word. */
export function toTsqueryText(text: string | undefined): string | null {
  const tokens = (text ?? '').split(/\s+/).filter(Boolean)
  if (tokens.length === 0) return null
  const terms = [...new Set(tokens.map(termOf).filter(Boolean))]
  if (terms.length > MAX_TERMS) {
    const message = `takes at most ${MAX_TERMS} words`
    throw new DomainError(
      'validation_failed',
      { in: 'query', problems: [{ path: 'query', message }] },
      `query: ${message}`,
    )
  }
  return terms.join(' & ')
}

function termOf(token: string): string {
  // Humps are in the index too, but the word as written is stricter and just as findable.
  const words = (token.match(WORD) ?? []).map((word) => wordTerm(wordLexemes(word)[0] ?? ''))
  const all = [...new Set(words)].filter(Boolean).join(' & ')
  const [, key, value] = TAG.exec(token) ?? []
  if (key === undefined || value === undefined) return all
  const tag = quoteLexeme(tagLexeme(key, value))
  return all === '' ? tag : `(${tag} | (${all}))`
}

function wordTerm(word: string): string {
  if (word === '') return ''
  return [...word].length < MIN_PREFIX_CHARACTERS ? quoteLexeme(word) : `${quoteLexeme(word)}:*`
}

/** A lexeme of a tsquery, whatever it holds. */
export const quoteLexeme = (word: string): string =>
  `'${word.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
