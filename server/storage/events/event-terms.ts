// The terms of a search for events as SQL over `event e`. What a key means was decided by domain/search; here each kind
// of term has its one condition, with every value bound. A condition on what is not there is false, and its negation true.
import type { Pattern } from '../../../shared/query/ast.ts'
import type { Binder } from '../bind.ts'
import { likeText, patternSql } from '../pattern.ts'

/** Never from outside: they become text of the statement. */
export type EventColumn = 'environment' | 'release' | 'platform' | 'transaction' | 'title' | 'user_label'

export type EventTerm = { negated: boolean } & (
  | { kind: 'words'; tsquery: string; phrase: string | null }
  /** One of these is among its words; `tsquery` says the same, as text. */
  | { kind: 'lexemes'; tsquery: string; anyOf: readonly { lexeme: string; prefix: boolean }[] }
  | { kind: 'level'; level: number }
  /** One of the patterns fits the column, or the tag of that name. */
  | { kind: 'column'; column: EventColumn; tag: string | null; patterns: readonly Pattern[] }
  | { kind: 'tag'; key: string; pattern: Pattern }
  | { kind: 'has'; column: EventColumn | null; tag: string | null }
)

export interface EventSearch {
  terms: readonly EventTerm[]
  /** tsquery as text of what every such event has among its words: leads into the index. Null: nothing does. */
  words: string | null
}

/** All terms; `true` when there are none. */
export const eventTermsSql = (terms: readonly EventTerm[], binder: Binder): string =>
  terms.map((term) => `(${termSql(term, binder)}) is ${term.negated ? 'not ' : ''}true`).join(' and ') ||
  'true'

function termSql(term: EventTerm, binder: Binder): string {
  const { bind } = binder
  switch (term.kind) {
    case 'words':
      return wordsSql(
        term.tsquery,
        term.phrase,
        { search: 'e.search', texts: ['e.title', 'e.message'] },
        binder,
      )
    case 'lexemes':
      return `e.search @@ ${bind(term.tsquery)}::tsquery`
    case 'level':
      return `e.level = ${bind(term.level)}`
    case 'tag':
      return patternSql(tagSql(term.key, binder), term.pattern, binder)
    case 'column':
      return placesOf(term, binder)
        .flatMap((place) => term.patterns.map((pattern) => patternSql(place, pattern, binder)))
        .join(' or ')
    case 'has':
      return placesOf(term, binder)
        .map((place) => `${place} is not null`)
        .join(' or ')
  }
}

const placesOf = (term: { column: EventColumn | null; tag: string | null }, binder: Binder): string[] => [
  ...(term.column === null ? [] : [`e.${term.column}`]),
  ...(term.tag === null ? [] : [tagSql(term.tag, binder)]),
]

const tagSql = (key: string, { bind }: Binder): string => `(e.tags ->> ${bind(key)}::text)`

/** The words, and for a phrase that they stand somewhere as written, whatever their case. */
export function wordsSql(
  tsquery: string,
  phrase: string | null,
  { search, texts }: { search: string; texts: readonly string[] },
  { bind }: Binder,
): string {
  const words = `${search} @@ ${bind(tsquery)}::tsquery`
  if (phrase === null) return words
  const like = bind(likeText(['', phrase, '']))
  return `${words} and (${texts.map((text) => `${text} ilike ${like}::text`).join(' or ')})`
}
