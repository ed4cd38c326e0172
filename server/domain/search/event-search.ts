// What a search means for events: which column a key is, and which lexemes lead to such events by the index.
// Comes in: terms. Goes out: a closed list of conditions that storage writes as SQL.
import type { Pattern, Term } from '#shared/query/ast.ts'
import type { MatchKey } from '#shared/query/keys.ts'
import { levelToNumber, type Level } from '#shared/constants/levels.ts'
import type { EventColumn, EventSearch, EventTerm } from '#server/storage/events/event-terms.ts'
import { tagKeyLexeme, tagLexeme, userLexeme } from '../ingest/lexemes.ts'
import { wordsOfAll, wordTerms } from './read-query.ts'
import { quoteLexeme } from './text-query.ts'

/** Null without any term. */
export function eventSearch(terms: readonly Term[]): EventSearch | null {
  const conditions = [...wordTerms(terms), ...terms.flatMap(eventTerm)]
  if (conditions.length === 0) return null
  return { terms: conditions, words: wordsOfAll(conditions.flatMap(indexWords)) }
}

const COLUMN: Record<Exclude<MatchKey, 'level'>, EventColumn> = {
  title: 'title',
  type: 'title',
  platform: 'platform',
  environment: 'environment',
  release: 'release',
  transaction: 'transaction',
  user: 'user_label',
  'user.id': 'user_label',
  'user.email': 'user_label',
}

/** Where an event keeps what this key asks for. */
export const columnOf = (key: Exclude<MatchKey, 'level'>): EventColumn => COLUMN[key]

/** Terms about an event's columns and tags; words and what only issues have are no such term. */
export function eventTerm(term: Term): EventTerm[] {
  const { negated } = term
  if (term.kind === 'tag') return [{ kind: 'tag', negated, key: term.key, pattern: term.value }]
  if (term.kind === 'has') {
    const any = term.tag ? null : userTerm(negated, term.key, ['', ''])
    if (any !== null) return [any]
    const column = term.tag ? null : COLUMN[term.key as Exclude<MatchKey, 'level'>] // the parser lets no other key be a column
    return [{ kind: 'has', negated, column, tag: term.tag ? term.key : userTag(term.key) }]
  }
  if (term.kind !== 'match') return []
  const { key, value } = term
  if (key === 'level') return [{ kind: 'level', negated, level: levelToNumber(value[0] as Level) }] // as the parser left it
  const named = userTerm(negated, key, value)
  if (named !== null) return [named]
  const patterns = key === 'type' ? [value, withRest(value)] : [value]
  return [{ kind: 'column', negated, column: COLUMN[key], tag: userTag(key), patterns }]
}

/**
 * Ids and addresses of users are among an event's words (domain/ingest/lexemes.ts), in whatever case: exact, and found
 * by the index; so are those that programs send as tags. Null for other keys, and for patterns that do not end with
 * their first `*`: no word is found by its end.
 */
function userTerm(negated: boolean, key: string, pattern: Pattern): EventTerm | null {
  if (key !== 'user.id' && key !== 'user.email') return null
  const [start = '', ...rest] = pattern
  if (rest.length > 1 || (rest[0] ?? '') !== '') return null
  const prefix = rest.length > 0
  const anyOf = [userLexeme(key, start), tagLexeme(key, start)].map((lexeme) => ({ lexeme, prefix }))
  const tsquery = anyOf.map(({ lexeme }) => `${quoteLexeme(lexeme)}${prefix ? ':*' : ''}`).join(' | ')
  return { kind: 'lexemes', negated, tsquery, anyOf }
}

/** Of a user an event keeps one name as a column; programs that send others as tags are found too. */
const userTag = (key: string): string | null => (key.startsWith('user') ? key : null)

/** A title is the type, a colon and the message. */
const withRest = (pattern: Pattern): Pattern => [...pattern.slice(0, -1), `${pattern.at(-1)}: `, '']

/** Lexemes that an event with this condition has. They find candidates; the condition itself decides. */
function indexWords(term: EventTerm): string[] {
  if (term.negated) return []
  if (term.kind === 'words' || term.kind === 'lexemes') return [term.tsquery]
  if (term.kind === 'tag') return [tagWords(term.key, term.pattern)]
  if (term.kind === 'has' && term.column === null && term.tag !== null) {
    return [quoteLexeme(tagKeyLexeme(term.tag))]
  }
  return []
}

function tagWords(key: string, pattern: Pattern): string {
  const [start = ''] = pattern
  if (pattern.length === 1) return quoteLexeme(tagLexeme(key, start))
  return start === '' ? quoteLexeme(tagKeyLexeme(key)) : `${quoteLexeme(tagLexeme(key, start))}:*`
}
