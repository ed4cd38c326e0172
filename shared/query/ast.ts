// What a search says, as data: read from text by parse.ts, written back by format.ts, turned into SQL by the server.
// Every term must hold; each knows its place in the text, so that a mistake can be pointed at.
import type { MatchKey, TimeKey, CountKey, State } from './keys.ts'

/** A place in the text: UTF-16 code units, `to` not included. */
export interface Place {
  from: number
  to: number
}

/** What a value has to look like: its parts in this order, with anything between them; one part is the whole value. */
export type Pattern = readonly string[]

export const OPERATORS = ['>=', '<=', '>', '<', '='] as const
export type Operator = (typeof OPERATORS)[number]

export type Condition =
  /** Words to be found; in quotes: one behind the other, as written. */
  | { kind: 'text'; text: string; quoted: boolean }
  | { kind: 'match'; key: MatchKey; value: Pattern }
  | { kind: 'tag'; key: string; value: Pattern }
  /** Any value; `tag` says whether the key is that of a tag. */
  | { kind: 'has'; key: string; tag: boolean }
  | { kind: 'is'; state: State }
  | { kind: 'assigned'; who: 'me' | 'none' | { name: string } }
  /** `at` is an age such as `24h`, or an ISO day or time. */
  | { kind: 'time'; key: TimeKey; operator: Operator; at: string }
  | { kind: 'count'; key: CountKey; operator: Operator; value: number }

export type Term = Condition & Place & { negated: boolean }

export const MISTAKES = [
  'too_many_terms',
  'unclosed_quote',
  'unclosed_bracket',
  'missing_key',
  'missing_value',
  'too_many_wildcards',
  'only_wildcards',
  'wildcard_not_allowed',
  'unknown_level',
  'unknown_state',
  'not_optional',
  'bad_time',
  'bad_count',
  'wrong_list',
] as const
export type MistakeCode = (typeof MISTAKES)[number]

export interface Mistake extends Place {
  code: MistakeCode
  /** One sentence for a person; never a part of what was typed. */
  message: string
}

export interface ParsedQuery {
  terms: Term[]
  mistakes: Mistake[]
}
