// Which breadcrumbs a reader asked for: of these kinds, at least this severe, with this text in it.
import type { Breadcrumb } from '#shared/schemas/event'
import { LEVELS } from '#shared/constants/levels.ts'
import { breadcrumbKind, type BreadcrumbKind } from './breadcrumb-kind.ts'

export interface BreadcrumbFilter {
  /** None: every kind. */
  kinds: readonly BreadcrumbKind[]
  /** The least level; undefined: any, also those that say none. */
  level?: (typeof LEVELS)[number]
  /** Found in message, category and data, in whatever case. */
  text: string
}

/** SDKs leave out the level of what is only information. */
const severity = (crumb: Breadcrumb): number => LEVELS.indexOf(crumb.level ?? 'info')

export function filterBreadcrumbs<Crumb extends { crumb: Breadcrumb }>(
  crumbs: readonly Crumb[],
  { kinds, level, text }: BreadcrumbFilter,
): Crumb[] {
  const wanted = text.trim().toLowerCase()
  const least = level === undefined ? -1 : LEVELS.indexOf(level)
  return crumbs.filter(
    ({ crumb }) =>
      (kinds.length === 0 || kinds.includes(breadcrumbKind(crumb))) &&
      severity(crumb) >= least &&
      (wanted === '' || haystack(crumb).includes(wanted)),
  )
}

const haystack = ({ message, category, type, data }: Breadcrumb): string =>
  [message, category, type, data && JSON.stringify(data)].filter(Boolean).join('\n').toLowerCase()

/** The kinds that are there, commonest first, with how many. */
export function breadcrumbKinds(crumbs: readonly Breadcrumb[]): [kind: BreadcrumbKind, count: number][] {
  const counts = new Map<BreadcrumbKind, number>()
  for (const crumb of crumbs) {
    const kind = breadcrumbKind(crumb)
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  return [...counts].toSorted(([, a], [, b]) => b - a)
}
