// What a breadcrumb is about, from its type and category: which icon it gets, and its data in one line.
import type { Breadcrumb, Json } from '#shared/schemas/event'

const KINDS: readonly [RegExp, string][] = [
  [/^(error|exception)/, 'i-lucide-circle-alert'],
  [/^(http|xhr|fetch|requests?|httplib|net)\b/, 'i-lucide-globe'],
  [/^(navigation|routing|route)/, 'i-lucide-route'],
  [/^(ui\.(click|tap|touch)|click|touch|user|ui\b)/, 'i-lucide-mouse-pointer-click'],
  [/^(query|sql|db|database|redis|prisma|mongo)/, 'i-lucide-database'],
  [/^(console|log|debug)/, 'i-lucide-terminal'],
  [/^(queue|job|task|celery|message)/, 'i-lucide-layers'],
  [/^(auth|session)/, 'i-lucide-key-round'],
  [/^(device|system|app|lifecycle|battery|network)/, 'i-lucide-smartphone'],
  [/^(transaction|span|trace)/, 'i-lucide-activity'],
]
// Found by the icon bundler: i-lucide-dot
const DEFAULT_ICON = 'i-lucide-dot'

export function breadcrumbIcon({ type, category }: Breadcrumb): string {
  const names = [type === 'default' ? undefined : type, category].filter((name) => name !== undefined)
  for (const name of names) {
    const kind = KINDS.find(([pattern]) => pattern.test(name.toLowerCase()))
    if (kind) return kind[1]
  }
  return DEFAULT_ICON
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

const SAID = new Set(['url', 'method', 'status_code', 'statusCode', 'http.response.status_code', 'from', 'to'])

/** The rest of the data, which the text has not said. */
export function breadcrumbData(crumb: Breadcrumb): [string, Json][] {
  const entries = Object.entries(crumb.data ?? {})
  if (crumb.message) return entries
  const isSaid = crumb.data?.url !== undefined || crumb.data?.from !== undefined || crumb.data?.to !== undefined
  return isSaid ? entries.filter(([key]) => !SAID.has(key)) : entries
}
