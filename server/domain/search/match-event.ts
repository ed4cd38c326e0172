// Does an event fit a filter? The twin of the search for stored events (storage/events/event-terms.ts), for events that
// have just arrived: the same terms, the same answer, without PostgreSQL. tests/integration/storage/match-event.test.ts
// holds the two against each other.
//
// Comes in: a filter as the live stream and alert rules have it, compiled once; then any number of events. What is typed
// is only ever compared: never a regular expression, and each comparison is linear in the event's text.
import type { Pattern } from '#shared/query/ast.ts'
import { levelToNumber, type Level } from '#shared/constants/levels.ts'
import { eventTerm } from './event-search.ts'
import { readQuery, textTerms } from './read-query.ts'
import { readWords, type WordsOfToken } from './text-query.ts'

/** All that is given must hold; of a list, one. */
export interface EventFilterWords {
  level?: readonly Level[]
  environment?: readonly string[]
  release?: readonly string[]
  /** Each with exactly this value. */
  tags?: Readonly<Record<string, string>>
  issueId?: string
  /** In the language of searches, for events. */
  query?: string
}

/** What a filter asks of an event. `tags` and `lexemes` may be made when they are first asked for. */
export interface MatchableEvent {
  /** Null: not known yet, or none. */
  readonly issueId: string | null
  /** As numbered in storage. */
  readonly level: number
  readonly platform: string
  readonly environment: string
  readonly release: string | null
  readonly transaction: string | null
  readonly title: string
  readonly message: string | null
  readonly user: string | null
  readonly tags: Readonly<Record<string, string>>
  readonly lexemes: readonly string[]
}

export type EventTest = (event: MatchableEvent) => boolean

/** @throws DomainError validation_failed, which points at each mistake in the query */
export function compileEventFilter(filter: EventFilterWords): EventTest {
  const { level, environment, release, tags, issueId, query } = filter
  const tests: EventTest[] = []
  // Cheapest first.
  if (level !== undefined) {
    const levels = new Set(level.map(levelToNumber))
    tests.push((event) => levels.has(event.level))
  }
  if (issueId !== undefined) tests.push((event) => event.issueId === issueId)
  if (environment !== undefined) {
    const environments = new Set(environment)
    tests.push((event) => environments.has(event.environment))
  }
  if (release !== undefined) {
    const releases = new Set<string | null>(release)
    tests.push((event) => releases.has(event.release))
  }
  for (const [key, value] of Object.entries(tags ?? {})) tests.push((event) => tagOf(event, key) === value)
  if (query !== undefined) tests.push(...queryTests(query))
  return (event) => tests.every((test) => test(event))
}

function queryTests(query: string): EventTest[] {
  // What PostgreSQL would be sent: its driver makes lone surrogates U+FFFD too.
  const terms = readQuery(query.toWellFormed(), 'events')
  const columns = terms.flatMap(eventTerm).map((term) => negatable(term.negated, testOf(term)))
  const words = textTerms(terms).map(({ negated, text, phrase }) =>
    negatable(negated, wordsTest(readWords(text) ?? [], phrase)),
  )
  return [...columns, ...words]
}

const negatable = (negated: boolean, test: EventTest): EventTest => (negated ? (event) => !test(event) : test)

function testOf(term: ReturnType<typeof eventTerm>[number]): EventTest {
  switch (term.kind) {
    case 'level':
      return (event) => event.level === term.level
    case 'tag':
      return (event) => fits(tagOf(event, term.key), term.pattern)
    case 'column': {
      const place = PLACE[term.column]
      const { tag, patterns } = term
      return (event) =>
        patterns.some(
          (pattern) => fits(place(event), pattern) || (tag !== null && fits(tagOf(event, tag), pattern)),
        )
    }
    case 'has': {
      const place = term.column === null ? () => null : PLACE[term.column]
      const { tag } = term
      return (event) => place(event) !== null || (tag !== null && tagOf(event, tag) !== null)
    }
    case 'lexemes':
      return ({ lexemes }) => term.anyOf.some((wanted) => hasLexeme(lexemes, wanted))
    case 'words':
      throw new Error('Words are compiled from their text')
  }
}

const PLACE = {
  environment: (event) => event.environment,
  release: (event) => event.release,
  platform: (event) => event.platform,
  transaction: (event) => event.transaction,
  title: (event) => event.title,
  user_label: (event) => event.user,
} satisfies Record<string, (event: MatchableEvent) => string | null>

const tagOf = ({ tags }: MatchableEvent, key: string): string | null =>
  Object.hasOwn(tags, key) ? tags[key]! : null

/** The parts in this order with anything between them; one part is the whole. The leftmost fit of each is the best. */
function fits(value: string | null, pattern: Pattern): boolean {
  const [first = '', ...rest] = pattern
  if (value === null) return false
  const last = rest.pop()
  if (last === undefined) return value === first
  if (!value.startsWith(first)) return false
  let at = first.length
  for (const part of rest) {
    const found = value.indexOf(part, at)
    if (found === -1) return false
    at = found + part.length
  }
  return value.length - last.length >= at && value.endsWith(last)
}

/** The words are among the event's, and a phrase stands in its title or message as written, whatever its case. */
function wordsTest(tokens: readonly WordsOfToken[], phrase: string | null): EventTest {
  if (tokens.length === 0) return () => false
  const lower = phrase === null ? null : lowerCase(phrase)
  return (event) => {
    const { lexemes } = event
    if (!tokens.every((token) => hasToken(lexemes, token))) return false
    return (
      lower === null ||
      lowerCase(event.title).includes(lower) ||
      (event.message !== null && lowerCase(event.message).includes(lower))
    )
  }
}

const hasToken = (lexemes: readonly string[], { words, tag }: WordsOfToken): boolean =>
  (tag !== null && lexemes.includes(tag)) ||
  (words.length > 0 && words.every((word) => hasLexeme(lexemes, word)))

const hasLexeme = (
  lexemes: readonly string[],
  { lexeme, prefix }: { lexeme: string; prefix: boolean },
): boolean => (prefix ? lexemes.some((one) => one.startsWith(lexeme)) : lexemes.includes(lexeme))

/** As PostgreSQL's: letter by letter, without what a letter's neighbours or a language make of it. */
const lowerCase = (text: string): string => text.replaceAll('İ', 'i').replaceAll('Σ', 'σ').toLowerCase()

/** Columns of an event row that a filter may ask about. */
export interface MatchableRow extends Pick<
  MatchableEvent,
  'level' | 'platform' | 'environment' | 'release' | 'transaction' | 'message'
> {
  userLabel: string | null
  /** JSON object of strings. */
  tags: string
  /** tsvector as text, as domain/ingest/lexemes.ts writes it. */
  search: string
}

/** An event on its way into the table, as a filter sees it. What few filters ask for is read when the first one does. */
export function matchableEvent(row: MatchableRow, title: string, issueId: string | null): MatchableEvent {
  const { level, platform, environment, release, transaction, message, userLabel } = row
  let tags: MatchableEvent['tags'] | undefined
  let lexemes: readonly string[] | undefined
  return {
    ...{ issueId, level, platform, environment, release, transaction, title, message },
    user: userLabel,
    get tags() {
      return (tags ??= JSON.parse(row.tags) as MatchableEvent['tags']) // our own writing, pipeline/stages/encode.ts
    },
    get lexemes() {
      return (lexemes ??= readTsvectorText(row.search))
    },
  }
}

/** The lexemes that `toTsvectorText` wrote: each in quotes, with quotes and backslashes doubled, a space between. */
export function readTsvectorText(text: string): string[] {
  if (text === '') return []
  if (!text.includes("''") && !text.includes('\\')) return text.slice(1, -1).split("' '")
  const found: string[] = []
  let from = 0
  while (from < text.length) {
    let word = ''
    let at = from + 1
    for (; !(text[at] === "'" && text[at + 1] !== "'"); at++) {
      if (at >= text.length) throw new Error('A lexeme has no end')
      if (text[at] === "'" || text[at] === '\\') at++
      word += text[at]
    }
    found.push(word)
    from = at + 2
  }
  return found
}
