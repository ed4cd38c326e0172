// Patterns of a search in SQL: compared with `=` when they are one piece, with LIKE when something may stand between.
// The value is always bound, and what LIKE would take for a wildcard of its own is escaped.
import type { Pattern } from '../../shared/query/ast.ts'
import type { Binder } from './bind.ts'

export const likeText = (pattern: Pattern): string =>
  pattern.map((part) => part.replace(/[\\%_]/g, '\\$&')).join('%')

/** @param expression written by us, never by a caller: it becomes text of the statement */
export function patternSql(expression: string, pattern: Pattern, { bind }: Binder): string {
  const [whole = ''] = pattern
  return pattern.length === 1
    ? `${expression} = ${bind(whole)}::text`
    : `${expression} like ${bind(likeText(pattern))}::text`
}
