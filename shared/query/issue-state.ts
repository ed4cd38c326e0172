// Which state of issues a list shows. It can be asked for twice: by a tab (`status`, `substatus`) and by `is:` in the
// search. What is typed goes before the tab, a substatus means unresolved issues, and the tab that fits is the one shown
// as chosen; choosing a tab takes the typed states away. So the two never contradict each other.
import type { IssueStatus, IssueSubstatus, IssueTab } from '../schemas/issue.ts'
import { ISSUE_STATUSES, ISSUE_SUBSTATUSES, ISSUE_TABS } from '../constants/issue.ts'
import type { Term } from './ast.ts'
import { formatQuery } from './format.ts'
import { oneOf } from './keys.ts'
import { parseQuery } from './parse.ts'

export interface IssueState {
  status: IssueStatus
  substatus?: IssueSubstatus | undefined
}

const isState = (term: Term): term is Extract<Term, { kind: 'is' }> =>
  term.kind === 'is' &&
  !term.negated &&
  (oneOf(ISSUE_STATUSES, term.state) ?? oneOf(ISSUE_SUBSTATUSES, term.state)) !== undefined

/** The state that counts, and whether it was typed. */
export function stateOf(terms: readonly Term[], asked: IssueState): IssueState & { typed: boolean } {
  const states = terms.filter(isState).map(({ state }) => state)
  if (states.length === 0) return { ...asked, typed: false }
  const first = <T extends string>(values: readonly T[]) =>
    states.map((state) => oneOf(values, state)).find((state) => state !== undefined)
  return { status: first(ISSUE_STATUSES) ?? 'unresolved', substatus: first(ISSUE_SUBSTATUSES), typed: true }
}

/** The tab whose list this is; null when none shows exactly these: `is:ongoing`, or states that exclude each other. */
export function tabOf(terms: readonly Term[], asked: IssueState): IssueTab | null {
  const typed = new Set(terms.filter(isState).map(({ state }) => state as string))
  const { status, substatus } = stateOf(terms, asked)
  typed.delete(status)
  if (substatus) typed.delete(substatus)
  if (typed.size > 0 || (substatus && status !== 'unresolved')) return null
  return oneOf(ISSUE_TABS, substatus ?? status) ?? null
}

/** What a tab asks for. */
export function stateOfTab(tab: IssueTab): IssueState {
  const status = oneOf(ISSUE_STATUSES, tab)
  return status ? { status } : { status: 'unresolved', substatus: oneOf(ISSUE_SUBSTATUSES, tab) }
}

/** The search without the states that a tab says; unchanged when it says none, or cannot be read. */
export function withoutState(query: string): string {
  const { terms, mistakes } = parseQuery(query, 'issues')
  if (mistakes.length > 0 || !terms.some(isState)) return query
  return formatQuery(terms.filter((term) => !isState(term)))
}
