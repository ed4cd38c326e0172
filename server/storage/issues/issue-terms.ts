// The terms of a search for issues as SQL over `issue i`, every value bound. Terms about events are answered by
// events/find-groups-with.ts first and come in as groups.
import type { Operator, Pattern } from '../../../shared/query/ast.ts'
import type { IssueStatus } from '../../../shared/schemas/issue.ts'
import type { Binder } from '../bind.ts'
import { wordsSql } from '../events/event-terms.ts'
import { patternSql } from '../pattern.ts'

export type IssueTerm = { negated: boolean } & (
  | { kind: 'words'; tsquery: string; phrase: string | null }
  | { kind: 'level'; level: number }
  | { kind: 'column'; column: 'title' | 'type' | 'platform'; pattern: Pattern }
  | { kind: 'status'; status: IssueStatus }
  /** `new` only if first seen after `newSince`; until then an issue counts as ongoing whatever its column says. */
  | { kind: 'substatus'; substatus: 'new' | 'ongoing' | 'regressed' | 'escalating'; newSince: Date }
  | { kind: 'assigned'; to: 'nobody' | 'somebody' | { id: string } | { name: string } }
  | { kind: 'time'; column: 'first_seen' | 'last_seen'; from: Bound | null; to: Bound | null }
  | { kind: 'count'; column: 'event_count' | 'user_count'; operator: Operator; value: number }
)
export interface Bound {
  at: Date
  inclusive: boolean
}

/** @param project the project's id as SQL: a placeholder, or a column of the statement around */
export const issueTermsSql = (terms: readonly IssueTerm[], project: () => string, binder: Binder): string[] =>
  // Only a negated term needs the test: a condition holds when it is true, and a bare one can lead into an index.
  terms.map((term) => `(${termSql(term, project, binder)})${term.negated ? ' is not true' : ''}`)

function termSql(term: IssueTerm, project: () => string, binder: Binder): string {
  const { bind } = binder
  switch (term.kind) {
    case 'words':
      return wordsSql(
        term.tsquery,
        term.phrase,
        { search: 'i.search', texts: ['i.title', 'i.type', 'i.value', 'i.culprit'] },
        binder,
      )
    case 'level':
      return `i.level = ${bind(term.level)}`
    case 'column':
      return patternSql(`i.${term.column}`, term.pattern, binder)
    case 'status':
      return `i.status = ${bind(term.status)}`
    case 'substatus':
      return substatusSql(term, binder)
    case 'assigned':
      return assignedSql(term.to, project, binder)
    case 'time':
      return [
        term.from && `i.${term.column} ${term.from.inclusive ? '>=' : '>'} ${bind(term.from.at)}`,
        term.to && `i.${term.column} ${term.to.inclusive ? '<=' : '<'} ${bind(term.to.at)}`,
      ]
        .filter(Boolean)
        .join(' and ')
    case 'count':
      return `i.${term.column} ${term.operator} ${bind(term.value)}`
  }
}

function substatusSql(
  { substatus, newSince }: Extract<IssueTerm, { kind: 'substatus' }>,
  { bind }: Binder,
): string {
  const is = `i.substatus = ${bind(substatus)}`
  if (substatus === 'new') return `${is} and i.first_seen >= ${bind(newSince)}`
  if (substatus === 'ongoing') return `${is} or i.substatus = 'new' and i.first_seen < ${bind(newSince)}`
  return is
}

/** A name or address means members of the project's organisation and nobody else. */
function assignedSql(
  to: Extract<IssueTerm, { kind: 'assigned' }>['to'],
  project: () => string,
  { bind }: Binder,
): string {
  if (to === 'nobody') return 'i.assignee_id is null'
  if (to === 'somebody') return 'i.assignee_id is not null'
  if ('id' in to) return `i.assignee_id = ${bind(to.id)}`
  const name = bind(to.name)
  return `i.assignee_id in (
    select m.user_id from project home
    join member m on m.organization_id = home.organization_id
    join "user" person on person.id = m.user_id
    where home.id = ${project()}
      and lower(${name}::text) in (lower(person.email), lower(person.name)))`
}
