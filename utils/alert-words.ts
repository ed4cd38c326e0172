// Alert rules and alerts in words. A rule is a sentence in pieces, so that what somebody chose can stand out in it.
import type { Alert, AlertFilters, AlertTrigger } from '#shared/schemas/alert.ts'
import { formatExact } from './format-count.ts'
import { visibleLine } from './visible-text.ts'

export interface Piece {
  text: string
  strong?: boolean
}

const HOUR_MINUTES = 60

/** 30 → "30 min", 60 → "1 h", 90 → "1 h 30 min". */
export function minutesWords(minutes: number): string {
  const [hours, rest] = [Math.floor(minutes / HOUR_MINUTES), minutes % HOUR_MINUTES]
  return [hours ? `${hours} h` : '', rest || !hours ? `${rest} min` : ''].filter(Boolean).join(' ')
}

const plain = (text: string): Piece => ({ text })
const strong = (text: string): Piece => ({ text: visibleLine(text), strong: true })
const anyOf = (values: readonly string[]): Piece[] =>
  values.flatMap((value, i) => [...(i ? [plain(' or ')] : []), strong(value)])

function triggerPieces(trigger: AlertTrigger): Piece[] {
  switch (trigger.type) {
    case 'new_issue':
      return [plain('When an issue is '), strong('new')]
    case 'regression':
      return [plain('When a resolved issue '), strong('comes back')]
    case 'escalation':
      return [plain('When an archived issue '), strong('escalates')]
    case 'threshold':
    case 'users': {
      const { count, minutes, per } = trigger
      const one = count === 1
      const noun = trigger.type === 'users' ? (one ? 'user' : 'users') : one ? 'event' : 'events'
      return [
        plain(per === 'issue' ? 'When one issue ' : 'When the project '),
        plain(trigger.type === 'users' ? 'affects ' : 'has '),
        strong(`more than ${formatExact(count)} ${noun}`),
        plain(' in '),
        strong(minutesWords(minutes)),
      ]
    }
  }
}

function filterPieces({ level, environment, release, tags, query }: AlertFilters): Piece[] {
  return [
    ...(environment ? [plain(' in '), ...anyOf(environment)] : []),
    ...(level ? [plain(', at level '), ...anyOf(level)] : []),
    ...(release ? [plain(', of release '), ...anyOf(release)] : []),
    ...Object.entries(tags ?? {}).flatMap(([key, value]) => [
      plain(', where '),
      strong(key),
      plain(' is '),
      strong(value),
    ]),
    ...(query ? [plain(', matching '), strong(query)] : []),
  ]
}

/** "When an issue is new in production, alert; not again for 30 min." */
export const rulePieces = (rule: {
  trigger: AlertTrigger
  filters: AlertFilters
  cooldownMinutes: number
}): Piece[] => [
  ...triggerPieces(rule.trigger),
  ...filterPieces(rule.filters),
  ...(rule.cooldownMinutes
    ? [plain(', alert; not again for '), strong(minutesWords(rule.cooldownMinutes)), plain('.')]
    : [plain(', alert.')]),
]

export const ruleSentence = (rule: Parameters<typeof rulePieces>[0]): string =>
  rulePieces(rule)
    .map(({ text }) => text)
    .join('')

/** What was found, of the first cause: why the alert is there. */
export function whyFired({ rule, cause, count }: Alert): string {
  if (!rule) {
    const more = count === 1 ? 'One more alert' : `${formatExact(count)} more alerts`
    return `${more} in a short time, gathered here so that the others can be read.`
  }
  const { trigger } = rule
  const found: Record<Exclude<AlertTrigger['type'], 'threshold' | 'users'>, string> = {
    new_issue: 'A new issue',
    regression: 'A resolved issue came back',
    escalation: 'An archived issue escalated',
  }
  const where = [
    cause.environment ? ` in ${visibleLine(cause.environment)}` : '',
    cause.release ? `, release ${visibleLine(cause.release)}` : '',
  ].join('')
  if (trigger.type === 'threshold' || trigger.type === 'users') {
    const noun = trigger.type === 'users' ? 'users' : 'events'
    const first = cause.count ?? count
    const most = count > first ? `; ${formatExact(count)} at most since` : ''
    return `${formatExact(first)} ${noun} in ${minutesWords(trigger.minutes)}, more than ${formatExact(trigger.count)}${most}${where}`
  }
  const again = count > 1 ? `; ${formatExact(count)} times by now` : ''
  return `${found[trigger.type]}${where}${again}`
}

/** Who ended it, when nobody did. */
export const RESOLVED_WORDS: Record<NonNullable<Alert['resolvedReason']>, string> = {
  quiet: 'Resolved by itself: it went quiet',
  merged: 'Resolved: the issue was merged into another',
  discarded: 'Resolved: the issue was discarded',
  rule_deleted: 'Resolved: the rule was deleted',
}

export const alertTitle = ({ issue, rule }: Alert): string =>
  visibleLine(issue?.title ?? (rule ? rule.name : 'Too many alerts at once')) || 'Untitled'
