// A line of the audit log as a sentence without its subject: "created the project Web". In: an action such as
// `project.created`, its target and data; out: what was done, to what (set apart on the page), and the particulars.
// Actions without words of their own are read by their form, noun.verb: a new one is never a blank line.
import type { AuditRow } from '#shared/schemas/audit'
import { SCOPE_WORDS } from './scope-words'

export interface AuditSentence {
  did: string
  what: string
  /** Particulars, each a few words. */
  more: string[]
}

type Line = Pick<AuditRow, 'action' | 'target' | 'data'>
/** The present name of a project, if it is still there. */
type NameProject = (id: string) => string | undefined

const NOUNS: Record<string, string> = { org: 'organisation', key: 'client key', token: 'API token' }
const FIELDS: Record<string, string> = {
  active: 'whether it is on',
  allowedOrigins: 'allowed origins',
  expiresInDays: 'days until it expires',
  newIssuesPerHour: 'new issues an hour',
  rateLimitPerMinute: 'events a minute',
  retentionDays: 'retention',
  sampleRate: 'share of events stored',
  scrub: 'scrubbing',
  slug: 'short name',
  webhookIds: 'webhooks',
}
/** Said elsewhere on the line, or of no use to a reader. */
const UNSAID = new Set(['token', 'hint', 'id', 'userId'])
/** Of no interest where a whole thing came or went. */
const LESSER = ['name', 'label', 'title', 'slug', 'platform', 'newKey']
const MAX_VALUE_LENGTH = 60

export function auditSentence(line: Line, nameProject: NameProject): AuditSentence {
  const [kind = '', ...rest] = line.target.split(':')
  const { data } = line
  const name = nameOf(data) ?? (kind === 'project' ? nameProject(rest[0] ?? '') : undefined)
  const of = kind === 'key' && rest.length > 1 ? nameProject(rest[0] ?? '') : undefined
  const what = name ?? (rest.length ? `#${rest.at(-1)}` : '')
  const more = of ? [`of ${of}`] : []
  const { role, from, to } = data
  const as = typeof role === 'string' ? [`as ${role}`] : []
  switch (line.action) {
    case 'token.created':
      return { did: 'made the API token', what, more: tokenParticulars(data) }
    case 'token.deleted':
      return { did: 'revoked the API token', what, more }
    case 'self_reporting.enabled':
      return { did: 'switched reports of Mesher’s own faults on, to', what, more }
    case 'self_reporting.disabled':
      return { did: 'switched reports of Mesher’s own faults off, to', what, more }
    case 'org.updated':
      return { did: 'changed the organisation', what: '', more: particulars(data) }
    case 'org.transferred':
      return { did: 'handed the organisation over to', what, more: [] }
    case 'project.updated':
      return { did: 'changed the project', what: nameProject(rest[0] ?? '') ?? what, more: particulars(data) }
    case 'key.updated':
      if (saidFields(data).join() === 'active')
        return { did: `${data.active ? 'enabled' : 'disabled'} the client key`, what, more }
      return { did: 'changed the client key', what, more: [...more, ...particulars(data)] }
    case 'webhook.secret_replaced':
      return { did: 'replaced the signing secret of the webhook', what, more }
    case 'member.updated':
      return { did: 'changed the role of', what, more: [`${String(from)} → ${String(to)}`] }
    case 'member.removed':
      return { did: 'removed the member', what, more: as }
    case 'member.added':
      return { did: 'added the member', what, more: as }
    case 'member.left':
      return { did: 'left the organisation', what: '', more: as }
    case 'invitation.created':
      return { did: 'invited somebody', what: typeof data.note === 'string' ? data.note : '', more: as }
    case 'invitation.accepted':
      return { did: 'accepted the invitation', what, more: as }
    default:
      return byForm(line.action, { what, more: [...more, ...particulars(data, LESSER)] })
  }
}

/** `project.deleted` → "deleted the project". */
function byForm(action: string, said: Omit<AuditSentence, 'did'>): AuditSentence {
  const [noun = '', verb] = action.split('.')
  return { did: verb ? `${verb.replaceAll('_', ' ')} the ${nounOf(noun)}` : nounOf(noun), ...said }
}

const nounOf = (kind: string): string => NOUNS[kind] ?? kind.replaceAll('_', ' ')

function nameOf({ name, label, title }: AuditRow['data']): string | undefined {
  return [name, label, title].find((text): text is string => typeof text === 'string' && text !== '')
}

function tokenParticulars({ scopes, expiresInDays }: AuditRow['data']): string[] {
  const names = Array.isArray(scopes)
    ? scopes.map((scope) => SCOPE_WORDS[scope as keyof typeof SCOPE_WORDS]?.label ?? String(scope))
    : []
  const expiry = typeof expiresInDays === 'number' ? `for ${expiresInDays} days` : 'without an end'
  return [...names, expiry]
}

const saidFields = (data: AuditRow['data']) => Object.keys(data).filter((field) => !UNSAID.has(field))

function particulars(data: AuditRow['data'], leaveOut: string[] = []): string[] {
  return saidFields(data)
    .filter((field) => !leaveOut.includes(field))
    .map((field) => {
      const words = FIELDS[field] ?? field.replace(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`)
      const short = shortOf(data[field])
      return short === null ? words : `${words}: ${short}`
    })
}

/** Null for what does not fit into a line. */
function shortOf(value: unknown): string | null {
  if (value === null) return 'none'
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value !== 'string') return null
  return value.length > MAX_VALUE_LENGTH ? `${value.slice(0, MAX_VALUE_LENGTH)}…` : value
}
