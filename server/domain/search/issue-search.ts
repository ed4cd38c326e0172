// What a search means for issues: conditions on the issue itself, and those that one of its events has to meet, all by
// the same event. A single environment is answered by the rollup, exactly; the rest by a bounded look at events.
import type { Operator, Term } from '#shared/query/ast.ts'
import { oneOf, type State } from '#shared/query/keys.ts'
import { dayOf, instantOf, isDay } from '#shared/query/times.ts'
import { levelToNumber, type Level } from '#shared/constants/levels.ts'
import { ISSUE_STATUSES, ISSUE_SUBSTATUSES } from '#shared/constants/issue.ts'
import type { EventSearch, EventTerm } from '#server/storage/events/event-terms.ts'
import type { Bound, IssueTerm } from '#server/storage/issues/issue-terms.ts'
import { NEW_FOR_MS } from '../issues/issue-view.ts'
import { eventSearch, eventTerm } from './event-search.ts'
import { wordsOfAll, wordTerms } from './read-query.ts'

export interface IssueSearch {
  /** tsquery as text; null without words. */
  text: string | null
  terms: IssueTerm[]
  /** It names a time of its own, so no default range narrows it. */
  namesTime: boolean
  environment: string | null
  events: EventSearch | null
}

/** @param actorId who `me` is; @param now when the reading began: ages count from it */
export function issueSearch(terms: readonly Term[], actorId: string | undefined, now: Date): IssueSearch {
  const words = wordTerms(terms)
  const ofEvents = terms.filter((term) => isAboutEvents(term))
  const environment = environmentOf(ofEvents.flatMap(eventTerm))
  return {
    text: wordsOfAll(words.filter(({ negated }) => !negated).map(({ tsquery }) => tsquery)),
    terms: [
      ...words.filter(({ negated, phrase }) => negated || phrase !== null),
      ...terms.filter((term) => !isAboutEvents(term)).flatMap((term) => issueTerm(term, actorId, now)),
    ],
    namesTime: terms.some((term) => term.kind === 'time' && term.key === 'lastSeen'),
    environment,
    events: environment === null ? eventSearch(ofEvents) : null,
  }
}

const ISSUE_COLUMNS = ['title', 'type', 'platform'] as const

const isAboutEvents = (term: Term): boolean =>
  term.kind === 'tag' ||
  term.kind === 'has' ||
  (term.kind === 'match' && term.key !== 'level' && oneOf(ISSUE_COLUMNS, term.key) === undefined)

function environmentOf(terms: readonly EventTerm[]): string | null {
  const [term, ...others] = terms
  if (!term || others.length > 0 || term.negated) return null
  const [pattern] = term.kind === 'column' && term.column === 'environment' ? term.patterns : []
  return pattern?.length === 1 ? pattern[0]! : null
}

function issueTerm(term: Term, actorId: string | undefined, now: Date): IssueTerm[] {
  const { negated } = term
  switch (term.kind) {
    case 'match': {
      if (term.key === 'level')
        return [{ kind: 'level', negated, level: levelToNumber(term.value[0] as Level) }] // as the parser left it
      const column = oneOf(ISSUE_COLUMNS, term.key)
      return column ? [{ kind: 'column', negated, column, pattern: term.value }] : []
    }
    case 'is':
      return [stateTerm(term.state, negated, now)]
    case 'assigned':
      return [{ kind: 'assigned', negated, to: assignee(term.who, actorId) }]
    case 'time': {
      const column = term.key === 'firstSeen' ? 'first_seen' : 'last_seen'
      return [{ kind: 'time', negated, column, ...boundsOf(term.operator, term.at, now.getTime()) }]
    }
    case 'count': {
      const column = term.key === 'events' ? 'event_count' : 'user_count'
      return [{ kind: 'count', negated, column, operator: term.operator, value: term.value }]
    }
    default:
      return []
  }
}

export function stateTerm(state: State, negated: boolean, now: Date): IssueTerm {
  if (state === 'assigned') return { kind: 'assigned', negated, to: 'somebody' }
  if (state === 'unassigned') return { kind: 'assigned', negated, to: 'nobody' }
  const status = oneOf(ISSUE_STATUSES, state)
  if (status) return { kind: 'status', negated, status }
  const substatus = oneOf(ISSUE_SUBSTATUSES, state)!
  return { kind: 'substatus', negated, substatus, newSince: new Date(now.getTime() - NEW_FOR_MS) }
}

function assignee(who: 'me' | 'none' | { name: string }, actorId: string | undefined) {
  if (who === 'none') return 'nobody' as const
  if (who === 'me') return actorId === undefined ? { name: 'me' } : { id: actorId }
  return who
}

function boundsOf(operator: Operator, at: string, now: number): { from: Bound | null; to: Bound | null } {
  if (operator === '=' && isDay(at)) {
    const { from, to } = dayOf(at)
    return { from: { at: new Date(from), inclusive: true }, to: { at: new Date(to), inclusive: false } }
  }
  // `-24h` alone means within that time.
  const bound = { at: new Date(instantOf(at, now)), inclusive: operator !== '<' && operator !== '>' }
  return operator === '<' || operator === '<=' ? { from: null, to: bound } : { from: bound, to: null }
}
