// A search as text → its terms, or its mistakes with their places. Linear in the length of the text; what is beyond the
// bound on terms is not read. The server refuses a search with a mistake, the search box marks the place.
//
//   level:error environment:production release:web@1.2.* is:unresolved assigned:me tag[browser]:Chrome
//   has:user.id !level:info firstSeen:-24h events:>=100 "free text" more words
import { LEVELS } from '../constants/levels.ts'
import { OPERATORS, type Condition, type Mistake, type ParsedQuery, type Term } from './ast.ts'
import {
  COUNT_KEYS,
  knownKey,
  MATCH_KEYS,
  MAX_TERMS,
  MAX_WILDCARDS,
  oneOf,
  OPTIONAL_KEYS,
  STATES,
  TIME_KEYS,
  type QueryList,
} from './keys.ts'
import { mistake, scanToken, type Token, type Value } from './scan.ts'
import { instantOf, isAge, isDay } from './times.ts'

type Pair = Extract<Token, { kind: 'pair' }>

/** @param list without it, keys of every list are understood */
export function parseQuery(typed: string, list?: QueryList): ParsedQuery {
  // NUL is in no value, and PostgreSQL takes none. Places stay what they were.
  const text = typed.replaceAll('\0', ' ')
  const terms: Term[] = []
  const mistakes: Mistake[] = []
  let at = 0
  for (let n = 0; ; n++) {
    const found: Mistake[] = []
    const token = scanToken(text, at, found)
    if (!token) break
    if (n === MAX_TERMS) {
      const message = `A search takes at most ${MAX_TERMS} terms.`
      mistakes.push(mistake('too_many_terms', message, token.from, text.length))
      break
    }
    const condition = found.length === 0 ? conditionOf(token, list, found) : null
    mistakes.push(...found)
    if (condition) terms.push({ ...condition, negated: token.negated, from: token.from, to: token.to })
    at = token.to
  }
  return { terms, mistakes }
}

function conditionOf(token: Token, list: QueryList | undefined, mistakes: Mistake[]): Condition | null {
  if (token.kind === 'text') return { kind: 'text', text: token.text, quoted: token.quoted }
  const known = token.bracketed ? undefined : knownKey(token.key)
  const condition = readPair(token, known?.key)
  if ('code' in condition) {
    mistakes.push(condition)
    return null
  }
  if (known && list && !known.lists.includes(list)) {
    const message = `${known.key} belongs to issues; it is no key of events. Write tag[${known.key}] for a tag.`
    mistakes.push(mistake('wrong_list', message, token.from, token.to))
    return null
  }
  return condition
}

function readPair(token: Pair, known: string | undefined): Condition | Mistake {
  const { key, value } = token
  if (value.parts.every((part) => part === '')) return emptyValue(token)
  const wildcards = value.parts.length - 1
  if (wildcards > MAX_WILDCARDS) {
    const message = `A value takes at most ${MAX_WILDCARDS} wildcards; put it in quotation marks if * is meant.`
    return mistake('too_many_wildcards', message, value.from, value.to)
  }
  const match = known === undefined ? undefined : oneOf(MATCH_KEYS, known)
  if (known === undefined) return { kind: 'tag', key, value: value.parts }
  if (match !== undefined && match !== 'level') return { kind: 'match', key: match, value: value.parts }
  if (wildcards > 0) {
    return mistake('wildcard_not_allowed', `${known} takes no wildcards.`, value.from, value.to)
  }
  return readFixed(known, value)
}

/** Keys whose values are not free text. */
function readFixed(known: string, value: Value): Condition | Mistake {
  const word = value.parts[0]!
  const time = oneOf(TIME_KEYS, known)
  if (time) return readTime(time, value)
  const count = oneOf(COUNT_KEYS, known)
  if (count) return readCount(count, value)
  if (known === 'level') return readLevel(value)
  if (known === 'is') return readState(value)
  if (known === 'has') return readHas(value)
  if (value.quoted) return { kind: 'assigned', who: { name: word } }
  const fixed = oneOf(['me', 'none'] as const, word.toLowerCase())
  return { kind: 'assigned', who: fixed ?? { name: word } }
}

function readLevel(value: Value): Condition | Mistake {
  const level = oneOf(LEVELS, value.parts[0]!.toLowerCase())
  if (level) return { kind: 'match', key: 'level', value: [level] }
  return mistake('unknown_level', `Levels are ${LEVELS.toReversed().join(', ')}.`, value.from, value.to)
}

function readState(value: Value): Condition | Mistake {
  const state = oneOf(STATES, value.parts[0]!.toLowerCase())
  if (state) return { kind: 'is', state }
  return mistake('unknown_state', `States are ${STATES.join(', ')}.`, value.from, value.to)
}

function readHas(value: Value): Condition | Mistake {
  const word = value.parts[0]!
  const optional = oneOf(OPTIONAL_KEYS, knownKey(word)?.key ?? '')
  if (optional) return { kind: 'has', key: optional, tag: false }
  if (!oneOf(MATCH_KEYS, knownKey(word)?.key ?? '')) return { kind: 'has', key: word, tag: true }
  const message = `has: takes ${OPTIONAL_KEYS.slice(0, 3).join(', ')} or the name of a tag.`
  return mistake('not_optional', message, value.from, value.to)
}

function readTime(key: 'firstSeen' | 'lastSeen', value: Value): Condition | Mistake {
  const { operator, rest } = splitOperator(value.parts[0]!)
  const age = rest.startsWith('-') && isAge(rest.slice(1)) ? rest.slice(1) : undefined
  if (age !== undefined) return { kind: 'time', key, operator, at: age }
  // A single instant is never what is meant.
  const isTime = !isAge(rest) && !Number.isNaN(instantOf(rest, 0)) && (operator !== '=' || isDay(rest))
  if (isTime) return { kind: 'time', key, operator, at: rest }
  const message = `Write an age such as -24h or <-7d, a day such as 2026-01-31, or a time behind > or <.`
  return mistake('bad_time', message, value.from, value.to)
}

function readCount(key: 'events' | 'users', value: Value): Condition | Mistake {
  const { operator, rest } = splitOperator(value.parts[0]!)
  if (/^\d{1,15}$/.test(rest)) return { kind: 'count', key, operator, value: Number(rest) }
  return mistake('bad_count', `Write a number, such as >100, >=5 or 3.`, value.from, value.to)
}

function splitOperator(text: string) {
  const operator = OPERATORS.find((one) => text.startsWith(one))
  return { operator: operator ?? ('=' as const), rest: operator ? text.slice(operator.length) : text }
}

function emptyValue({ value, from, to, key, bracketed }: Pair): Mistake {
  if (value.parts.length === 1) {
    const message = 'A value is missing behind the colon. Put words with a colon in quotation marks.'
    return mistake('missing_value', message, from, to)
  }
  const known = bracketed ? undefined : knownKey(key)
  const message = `For any value write has:${known?.key ?? 'browser'}.`
  return mistake('only_wildcards', message, value.from, value.to)
}
