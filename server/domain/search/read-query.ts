// The `query` of an address → terms, or a 400 that names each mistake's place; and what the words of a text are in the
// index, for both lists alike.
import type { Term } from '#shared/query/ast.ts'
import type { QueryList } from '#shared/query/keys.ts'
import { parseQuery } from '#shared/query/parse.ts'
import { DomainError } from '../errors.ts'
import { toTsqueryText } from './text-query.ts'

/** Empty without a query. */
export function readQuery(text: string | undefined, list: QueryList): Term[] {
  const { terms, mistakes } = parseQuery(text ?? '', list)
  if (mistakes.length === 0) return terms
  const problems = mistakes.map((mistake) => ({ path: 'query', ...mistake }))
  throw new DomainError('validation_failed', { problems }, `query: ${mistakes[0]!.message}`)
}

export interface WordsTerm {
  kind: 'words'
  negated: boolean
  tsquery: string
  phrase: string | null
}

/**
 * Plain words count together, so that punctuation between them is nothing and a search of punctuation alone finds
 * nothing; a quoted text and a negated word are terms of their own.
 */
export function wordTerms(terms: readonly Term[]): WordsTerm[] {
  return textTerms(terms).map(({ negated, text, phrase }) => ({
    kind: 'words',
    negated,
    tsquery: toTsqueryText(text) ?? '',
    phrase,
  }))
}

export interface TextTerm {
  negated: boolean
  /** Its words must be there, in any order; never without any text. */
  text: string
  /** And stand together as written. */
  phrase: string | null
}

/** The texts that the words of a search are, as `wordTerms` says. */
export function textTerms(terms: readonly Term[]): TextTerm[] {
  const texts = terms.filter((term) => term.kind === 'text')
  const plain = texts.filter(({ quoted, negated }) => !quoted && !negated)
  const together = plain.map(({ text }) => text).join(' ')
  const apart = texts
    .filter(({ quoted, negated }) => quoted || negated)
    .map(({ text, quoted, negated }) => ({ negated, text, phrase: quoted ? text : null }))
    // What holds no word is in no event: found nowhere, absent everywhere.
    .filter(({ text, negated }) => !(negated && (toTsqueryText(text) ?? '') === ''))
  return together.trim() === '' ? apart : [{ negated: false, text: together, phrase: null }, ...apart]
}

/** What all of them ask of the index; null when nothing does. */
export function wordsOfAll(tsqueries: readonly string[]): string | null {
  if (tsqueries.length === 0) return null
  if (tsqueries.includes('')) return ''
  return tsqueries.map((one) => `(${one})`).join(' & ')
}
