// A whole event as plain text, for a chat, a ticket or a mail: what went wrong and where first, then what surrounded
// it. Bounded, and without anything hidden: it may be pasted into a terminal. No markup: every place shows it as it is.
import type { EventRequest, Json, NormalEvent } from '#shared/schemas/event'
import { breadcrumbData, breadcrumbText } from './breadcrumb-kind.ts'
import { byContextOrder, contextTitle } from './context-title.ts'
import { isLoggedMessage } from './event-sections.ts'
import { exceptionSequence } from './exception-sequence.ts'
import { formatOffset } from './format-time.ts'
import { exceptionTitle, framesText } from './stack-text.ts'
import { visibleLine, visibleText } from './visible-text.ts'

const MAX_FRAMES = 50
const MAX_BREADCRUMBS = 30
const MAX_VALUE = 500
const MAX_TEXT = 60_000

export interface EventTextContext {
  /** "SHOP-12". */
  shortId?: string
  /** Where the event is shown. */
  link: string
}

export function eventText(event: NormalEvent, { shortId, link }: EventTextContext): string {
  const parts = [
    head(event, shortId),
    facts(event, link),
    ...exceptionParts(event),
    ...threadParts(event),
    list('Breadcrumbs', breadcrumbLines(event)),
    list('Tags', pairLines(event.tags)),
    list('User', pairLines(userPairs(event))),
    list('Request', requestLines(event.request)),
    ...contextParts(event),
    list('Additional data', pairLines(Object.entries(event.extra))),
    list(
      'Changed on arrival',
      event.notes.map(({ path, kind, message }) => `${visibleLine(path)}: ${kind}, ${visibleLine(message)}`),
    ),
  ]
  const text = parts.filter(Boolean).join('\n\n')
  if (text.length <= MAX_TEXT) return `${text}\n`
  return `${text.slice(0, MAX_TEXT).toWellFormed()}\n… cut here; the rest: ${link}\n`
}

function head(event: NormalEvent, shortId: string | undefined): string {
  const thrown = exceptionSequence(event.exceptions)[0]
  const title =
    thrown && !isLoggedMessage(event) ? exceptionTitle(thrown.exception) : visibleText(event.message ?? '')
  return [shortId && `[${shortId}]`, cut(title || 'Event without a message', 2_000)].filter(Boolean).join(' ')
}

function facts(event: NormalEvent, link: string): string {
  const sdk = [event.sdk?.name, event.sdk?.version].filter(Boolean).join(' ')
  const all: [string, string | undefined][] = [
    ['When', event.timestamp],
    ['Level', event.level],
    ['Environment', event.environment],
    ['Release', event.release],
    ['Transaction', event.transaction],
    ['Server', event.serverName],
    ['Platform', event.platform],
    ['SDK', sdk],
    ['Event', event.eventId],
    ['Link', link],
  ]
  return pairLines(all.filter((fact): fact is [string, string] => Boolean(fact[1]))).join('\n')
}

const exceptionParts = (event: NormalEvent): string[] =>
  exceptionSequence(event.exceptions).map(({ exception, relation, depth }) => {
    const title = isLoggedMessage(event) ? 'Logged at' : cut(exceptionTitle(exception), 2_000)
    const lines = [
      relation ? `${relation}: ${title}` : title,
      ...framesText(exception.stacktrace?.frames ?? [], MAX_FRAMES),
    ]
    return lines.map((line) => '  '.repeat(depth) + line).join('\n')
  })

/** Of other threads only the one that crashed: the exception's own stack is above. */
const threadParts = (event: NormalEvent): string[] =>
  (event.threads ?? [])
    .filter(({ crashed, stacktrace }) => crashed && stacktrace?.frames.length)
    .slice(0, 1)
    .map((thread) =>
      [`Thread ${threadName(thread)}`, ...framesText(thread.stacktrace?.frames ?? [], MAX_FRAMES)].join('\n'),
    )

const threadName = ({ name, id }: NonNullable<NormalEvent['threads']>[number]): string =>
  visibleLine(name ?? id ?? 'without a name')

function breadcrumbLines({ breadcrumbs, timestamp }: NormalEvent): string[] {
  const errorAt = Date.parse(timestamp)
  const left = breadcrumbs.length - MAX_BREADCRUMBS
  const lines = breadcrumbs.slice(-MAX_BREADCRUMBS).map((crumb) => {
    const at = Date.parse(crumb.timestamp ?? '')
    const data = breadcrumbData(crumb).map(([name, value]) => `${visibleLine(name)}=${valueText(value)}`)
    return [
      Number.isFinite(at) ? formatOffset(at - errorAt) : '',
      visibleLine(crumb.category ?? crumb.type ?? ''),
      crumb.level && crumb.level !== 'info' ? `[${crumb.level}]` : '',
      cut(visibleLine(breadcrumbText(crumb)), MAX_VALUE),
      cut(data.join(' '), MAX_VALUE),
    ]
      .filter(Boolean)
      .join('  ')
  })
  return left > 0 ? [`(${left} earlier)`, ...lines] : lines
}

function userPairs({ user }: NormalEvent): [string, Json][] {
  if (!user) return []
  const { data, ...known } = user
  return [...Object.entries(known), ...Object.entries(data ?? {})].filter(
    (pair): pair is [string, Json] => pair[1] !== undefined,
  )
}

function requestLines(request: EventRequest | undefined): string[] {
  if (!request) return []
  const { url, method, queryString, headers = [], data } = request
  const first = [method, url].filter(Boolean).join(' ')
  return [
    ...(first ? [visibleLine(first)] : []),
    ...pairLines([
      ...(queryString ? [['query', queryString] as const] : []),
      ...headers,
      ...(data === undefined || data === '' ? [] : [['body', data] as const]),
    ]),
  ]
}

const contextParts = ({ contexts }: NormalEvent): string[] =>
  Object.entries(contexts)
    .toSorted(([a], [b]) => byContextOrder(a, b))
    .map(([name, values]) => list(visibleLine(contextTitle(name)), pairLines(Object.entries(values))))

const pairLines = (pairs: readonly (readonly [string, Json])[]): string[] =>
  pairs.map(([name, value]) => `${visibleLine(name)}: ${valueText(value)}`)

const valueText = (value: Json): string =>
  cut(visibleLine(typeof value === 'string' ? value : JSON.stringify(value)), MAX_VALUE)

const cut = (text: string, max: number): string =>
  text.length > max ? `${text.slice(0, max).toWellFormed()}…` : text

const list = (title: string, lines: readonly string[]): string =>
  lines.length ? [title, ...lines.map((line) => `  ${line}`)].join('\n') : ''
