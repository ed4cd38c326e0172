// What a breadcrumb is about, from its type and category, and its data in one line.
import type { Breadcrumb, Json } from '#shared/schemas/event'

export type BreadcrumbKind =
  'error' | 'http' | 'navigation' | 'ui' | 'query' | 'log' | 'job' | 'auth' | 'device' | 'trace' | 'other'

const KINDS: readonly [RegExp, BreadcrumbKind][] = [
  [/^(error|exception)/, 'error'],
  [/^(http|xhr|fetch|requests?|httplib|net)\b/, 'http'],
  [/^(navigation|routing|route)/, 'navigation'],
  [/^(ui\b|click|touch|user)/, 'ui'],
  [/^(query|sql|db|database|redis|prisma|mongo)/, 'query'],
  [/^(console|log|debug)/, 'log'],
  [/^(queue|job|task|celery|message)/, 'job'],
  [/^(auth|session)/, 'auth'],
  [/^(device|system|app|lifecycle|battery|network)/, 'device'],
  [/^(transaction|span|trace)/, 'trace'],
]

export function breadcrumbKind({ type, category }: Breadcrumb): BreadcrumbKind {
  const names = [type === 'default' ? undefined : type, category].filter((name) => name !== undefined)
  for (const name of names) {
    const kind = KINDS.find(([pattern]) => pattern.test(name.toLowerCase()))
    if (kind) return kind[1]
  }
  return 'other'
}

const asText = (value: Json | undefined): string =>
  value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value)

/** What to read first: the message, else what the data of well-known kinds says. */
export function breadcrumbText(crumb: Breadcrumb): string {
  if (crumb.message) return crumb.message
  const data = crumb.data ?? {}
  if (data.url !== undefined) {
    return [asText(data.method), asText(data.url), statusText(data)].filter(Boolean).join(' ')
  }
  if (data.from !== undefined || data.to !== undefined) return `${asText(data.from)} → ${asText(data.to)}`
  return ''
}

const statusText = (data: Record<string, Json>): string => {
  const status = asText(data.status_code ?? data.statusCode ?? data['http.response.status_code'])
  return status && `→ ${status}`
}

const SAID = new Set([
  'url',
  'method',
  'status_code',
  'statusCode',
  'http.response.status_code',
  'from',
  'to',
])

/** The rest of the data, which the text has not said. */
export function breadcrumbData(crumb: Breadcrumb): [string, Json][] {
  const entries = Object.entries(crumb.data ?? {})
  if (crumb.message) return entries
  const isSaid =
    crumb.data?.url !== undefined || crumb.data?.from !== undefined || crumb.data?.to !== undefined
  return isSaid ? entries.filter(([key]) => !SAID.has(key)) : entries
}
