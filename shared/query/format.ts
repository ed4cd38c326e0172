// Terms → text that reads back as the same terms. Only what needs quotation marks gets them.
import type { Pattern, Term } from './ast.ts'
import { knownKey } from './keys.ts'

const BARE = /^[^\s"*\\\p{Cc}]+$/u
const PLAIN_KEY = /^[\p{L}\p{N}_.-]+$/u

export const formatQuery = (terms: readonly FormattedTerm[]): string => terms.map(formatTerm).join(' ')

/** Places are the reader's; writing needs none. */
type FormattedTerm = Term extends infer T ? (T extends Term ? Omit<T, 'from' | 'to'> : never) : never

export function formatTerm(term: FormattedTerm): string {
  return `${term.negated ? '!' : ''}${bodyOf(term)}`
}

function bodyOf(term: FormattedTerm): string {
  switch (term.kind) {
    case 'text':
      return term.quoted ? quote(term.text) : term.text
    case 'match':
      return `${term.key}:${patternText(term.value)}`
    case 'tag':
      return `${tagKeyText(term.key)}:${patternText(term.value)}`
    case 'has':
      return `has:${patternText([term.key])}`
    case 'is':
      return `is:${term.state}`
    case 'assigned':
      return `assigned:${typeof term.who === 'string' ? term.who : nameText(term.who.name)}`
    case 'time':
      return `${term.key}:${operatorText(term.operator)}${/^\d{1,4}[mhdw]$/.test(term.at) ? '-' : ''}${term.at}`
    case 'count':
      return `${term.key}:${operatorText(term.operator)}${term.value}`
  }
}

const operatorText = (operator: string): string => (operator === '=' ? '' : operator)
const quote = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
/** `key:://x` would be read as words. */
const needsQuotes = (part: string): boolean =>
  !BARE.test(part) || part.startsWith(':') || part.startsWith('//')
const partText = (part: string): string => (part !== '' && needsQuotes(part) ? quote(part) : part)

export const patternText = (pattern: Pattern): string => pattern.map(partText).join('*')

/** `me` and `none` mean something of their own. */
const nameText = (name: string): string => (/^(me|none)$/i.test(name) ? quote(name) : patternText([name]))

/** A key that is one of ours, or that a plain pair could not hold, is written with brackets. */
export function tagKeyText(key: string): string {
  if (PLAIN_KEY.test(key) && !knownKey(key)) return key
  return `tag[${/["\]\\]/.test(key) || key.trim() !== key ? quote(key) : key}]`
}
