// The keys a search knows, which list each belongs to, and what its values can be. Every other key is a tag.
import { LEVELS } from '../constants/levels.ts'

export const QUERY_LISTS = ['issues', 'events'] as const
export type QueryList = (typeof QUERY_LISTS)[number]

export const MAX_QUERY_CHARACTERS = 500
export const MAX_TERMS = 20
export const MAX_WILDCARDS = 2

export const STATES = [
  'unresolved',
  'resolved',
  'archived',
  'new',
  'ongoing',
  'regressed',
  'escalating',
  'assigned',
  'unassigned',
] as const
export type State = (typeof STATES)[number]

export const MATCH_KEYS = [
  'level',
  'title',
  'type',
  'platform',
  'environment',
  'release',
  'transaction',
  'user',
  'user.id',
  'user.email',
] as const
export type MatchKey = (typeof MATCH_KEYS)[number]
/** What can be there or not. The other columns always are. */
export const OPTIONAL_KEYS = ['release', 'transaction', 'user', 'user.id', 'user.email'] as const
export const TIME_KEYS = ['firstSeen', 'lastSeen'] as const
export type TimeKey = (typeof TIME_KEYS)[number]
export const COUNT_KEYS = ['events', 'users'] as const
export type CountKey = (typeof COUNT_KEYS)[number]

export type QueryKey = 'is' | 'has' | 'assigned' | MatchKey | TimeKey | CountKey

export interface KeyDescription {
  key: QueryKey
  /** What it is about, for the list of completions. */
  hint: string
  lists: readonly QueryList[]
  /** Values known without asking. */
  values?: readonly string[]
}

const BOTH = QUERY_LISTS
const ISSUES = ['issues'] as const

export const KEYS: readonly KeyDescription[] = [
  { key: 'is', hint: 'State of the issue', lists: ISSUES, values: STATES },
  { key: 'assigned', hint: 'Who looks after it: me, none, a name', lists: ISSUES, values: ['me', 'none'] },
  { key: 'level', hint: 'How severe', lists: BOTH, values: LEVELS.toReversed() },
  { key: 'environment', hint: 'Where it ran', lists: BOTH },
  { key: 'release', hint: 'Version that ran', lists: BOTH },
  { key: 'has', hint: 'Any value of a key', lists: BOTH, values: OPTIONAL_KEYS },
  { key: 'title', hint: 'The whole title; * stands for anything', lists: BOTH },
  { key: 'type', hint: 'Type of the exception', lists: BOTH },
  { key: 'transaction', hint: 'What was being done', lists: BOTH },
  { key: 'platform', hint: 'Language or platform', lists: BOTH },
  { key: 'user', hint: 'As the event names them', lists: BOTH },
  { key: 'user.id', hint: 'Id of the affected user', lists: BOTH },
  { key: 'user.email', hint: 'Address of the affected user', lists: BOTH },
  { key: 'firstSeen', hint: '-24h, >2026-01-01', lists: ISSUES, values: ['-1h', '-24h', '-7d', '<-7d'] },
  { key: 'lastSeen', hint: '-24h, >2026-01-01', lists: ISSUES, values: ['-1h', '-24h', '-7d', '<-7d'] },
  { key: 'events', hint: 'How many: >100', lists: ISSUES, values: ['>10', '>100', '>1000'] },
  { key: 'users', hint: 'How many: >=5', lists: ISSUES, values: ['>=1', '>=5', '>=100'] },
]

const BY_NAME = new Map(KEYS.map((known) => [known.key.toLowerCase(), known]))

/** The known key of this name, in whatever case; undefined for a tag. */
export const knownKey = (name: string): KeyDescription | undefined => BY_NAME.get(name.toLowerCase())

export const oneOf = <T extends string>(values: readonly T[], value: string): T | undefined =>
  values.find((one) => one === value)
