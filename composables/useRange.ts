// The time range and environment a project is looked at with: in the address (`?range=7d&environment=production`), so
// that a link shows what its sender saw, and remembered per project in a cookie, so that the server renders the same.
// The address wins over the memory, the memory over 24 hours and all environments. The pickers in
// components/base set it; pages pass `rangeQuery` to the API.
// A part cut out of a chart (`&since=…&until=…`) stands beside the range, which is the way back from it; it is never
// remembered.
import { useZone } from '~/composables/useZone'
import { formatLength, formatSpan } from '~/utils/format-span'

export const RANGES = ['24h', '7d', '14d', '30d'] as const
/** For what is kept by the minute. */
export const RANGES_FROM_AN_HOUR = ['1h', ...RANGES] as const
export type Range = (typeof RANGES_FROM_AN_HOUR)[number]
export const RANGE_WORDS: Record<Range, string> = {
  '1h': 'Last hour',
  '24h': 'Last 24 hours',
  '7d': 'Last 7 days',
  '14d': 'Last 14 days',
  '30d': 'Last 30 days',
}
const DEFAULT_RANGE: Range = '24h'
const YEAR_SECONDS = 365 * 24 * 3600

interface View {
  range?: Range
  environment?: string
}

/** What is remembered for a project, by its id. */
export const useRememberedView = (projectId: string) =>
  useCookie<View>(`mesher-view-${projectId}`, { maxAge: YEAR_SECONDS, sameSite: 'lax', default: () => ({}) })

export const useRange = (projectId: string, ranges: readonly Range[] = RANGES) => {
  const route = useRoute()
  const router = useRouter()
  const remembered = useRememberedView(projectId)
  const zone = useZone()

  const isRange = (value: unknown): value is Range => ranges.includes(value as Range)
  const text = (name: string) => {
    const value = route.query[name]
    return typeof value === 'string' && value ? value : undefined
  }

  const isTime = (value: string | undefined) => value !== undefined && !Number.isNaN(Date.parse(value))

  const apply = (view: View, more: { since?: string; until?: string } = {}) => {
    // What only some pages offer is for the address alone.
    const common = RANGES.find((one) => one === view.range) ?? remembered.value.range
    remembered.value = { ...view, range: common }
    // A cursor belongs to the range it was made with.
    return router.replace({
      query: {
        ...route.query,
        range: view.range,
        environment: view.environment,
        since: more.since,
        until: more.until,
        cursor: undefined,
      },
      hash: route.hash,
    })
  }

  const range = computed<Range>({
    get: () => {
      const asked = text('range')
      if (isRange(asked)) return asked
      return isRange(remembered.value.range) ? remembered.value.range : DEFAULT_RANGE
    },
    set: (value) => void apply({ range: value, environment: environment.value }),
  })

  const environment = computed<string | undefined>({
    get: () => text('environment') ?? remembered.value.environment,
    set: (value) => void apply({ range: range.value, environment: value }, zoom.value),
  })

  const zoom = computed<{ since: string; until: string } | undefined>(() => {
    const [since, until] = [text('since'), text('until')]
    return isTime(since) && isTime(until) && Date.parse(since!) < Date.parse(until!)
      ? { since: new Date(since!).toISOString(), until: new Date(until!).toISOString() }
      : undefined
  })
  /** A step of the history, so that the browser's own "back" leads out of it too. */
  const setZoom = (to: { since: string; until: string } | undefined) =>
    router.push({
      query: { ...route.query, since: to?.since, until: to?.until, cursor: undefined },
      hash: route.hash,
    })

  /** As the API takes it. */
  const rangeQuery = computed(() => ({
    since: zoom.value?.since ?? (range.value as string),
    until: zoom.value?.until,
    environment: environment.value,
  }))
  const rangeWords = computed(() =>
    zoom.value ? formatSpan(zoom.value.since, zoom.value.until, zone.value) : RANGE_WORDS[range.value],
  )
  /** "24 hours": how long it is, for comparing. */
  const rangeLength = computed(() =>
    zoom.value
      ? formatLength(zoom.value.since, zoom.value.until)
      : RANGE_WORDS[range.value].replace(/^Last /, ''),
  )
  /** To carry along in links within the project. */
  const carry = computed(() => ({
    range: range.value as string,
    environment: environment.value,
    ...zoom.value,
  }))

  return { range, environment, zoom, setZoom, rangeQuery, rangeWords, rangeLength, carry }
}
